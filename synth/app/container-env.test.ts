import { expect, test } from 'vitest';
import { containerEnv } from './container-env.ts';

/** As the kubelet expands a value. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => (name === undefined ? '$' : (env[name] ?? all)));
}

test.each(['$(HOME)', '$$(HOME)', '$', '$$', 'a$$b', '${env:HOME}', '$$$(HOME)', 'plain'])('the value %j reaches the process as it stands', (value) => {
  const variable = containerEnv({}, { release: 'v1', env: { X: value } }).find(({ name }) => name === 'X');
  expect(expand(variable?.value ?? '', { HOME: '/root' })).toBe(value);
});

test('variables come in name order; a secret’s binding wins', () => {
  const env = containerEnv({}, { release: 'v1', env: { B: 'b', A: 'a' }, secrets: [{ secret: 'db', env: { B: 'password' } }] });
  expect(env.map(({ name }) => name)).toEqual(['A', 'B', 'JAVA_TOOL_OPTIONS']);
  expect(env[1]).toEqual({ name: 'B', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } });
});

test('JVM options from a secret are added to as well, and nothing is read before it is set', () => {
  const env = containerEnv({}, { release: 'v1', jvmOptions: ['-Dx=$(y)'], secrets: [{ secret: 'db', env: { JAVA_TOOL_OPTIONS: 'options' } }] });
  expect(env.map(({ name }) => name)).toEqual(['CAMELEER_SECRET_JAVA_TOOL_OPTIONS', 'JAVA_TOOL_OPTIONS']);
  expect(expand(env[1]?.value ?? '', { CAMELEER_SECRET_JAVA_TOOL_OPTIONS: '-Xmx64m', y: 'no' })).toBe('-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError -Xmx64m -Dx=$(y)');
});
