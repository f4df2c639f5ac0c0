import { expect, it } from 'vitest';
import type { AppDeployment } from '../../schemas/index.ts';
import { lackingOf } from './promote.ts';

function deployment(spec: Partial<AppDeployment['spec']>): AppDeployment {
  return { apiVersion: 'cameleer.io/v1', kind: 'AppDeployment', metadata: { name: 'orders' }, spec: { release: 'v1', ...spec } };
}

it('names the configuration and secrets that the target lacks, and not the values', () => {
  const source = deployment({
    env: { QUEUE: 'a', SAME: '1' }, properties: { 'camel.x': '1' }, jvmOptions: ['-Xss512k'], agent: { enabled: true, properties: { level: 'full' } },
    secrets: [{ secret: 'db', env: { PASSWORD: 'password' } }, { secret: 'mail', mountPath: '/mail' }],
  });
  const target = deployment({ env: { SAME: '2' }, secrets: [{ secret: 'db', env: { PASSWORD: 'password' } }] });
  expect(lackingOf(source, target, new Set(['db']))).toEqual({ configuration: ['env.QUEUE', 'properties.camel.x', 'agent.properties.level', 'jvmOptions -Xss512k'], secrets: ['mail'] });
  expect(lackingOf(source, undefined, new Set(['mail'])).secrets).toEqual(['db', 'mail']);
});
