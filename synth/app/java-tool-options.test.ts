import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { javaToolOptions, quoteOption } from './java-tool-options.ts';

/** How the JVM splits JAVA_TOOL_OPTIONS: at white space, quotes of either kind group, nothing escapes. */
function splitLikeJvm(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (const character of text) {
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (character === quote) quote = '';
    else word = `${word ?? ''}${character}`;
  }
  return word === undefined ? words : [...words, word];
}

test('a quoted option is one word again for the JVM', () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (value) => {
    expect(splitLikeJvm(`-Xa ${quoteOption(`-Dx=${value}`)} -Xb`)).toEqual(['-Xa', `-Dx=${value}`, '-Xb']);
  }));
});

test('ours are added to the user’s own value; properties come in name order', () => {
  const deployment = { release: 'v1', jvmOptions: ['-Xss512k'], properties: { 'b.b': 'two words', a: '1' }, agent: { enabled: true, properties: { 'capture.body': 'false' } } };
  expect(javaToolOptions({}, deployment, '-Xmx100m -Da=own')).toBe(
    '-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError -Xmx100m -Da=own -Xss512k -Da=1 "-Db.b=two words" -Dcameleer.agent.capture.body=false -Dcameleer.agent.enabled=true',
  );
});

test('the application’s default options apply where the deployment has none', () => {
  const application = { defaults: { jvmOptions: ['-Xss1m'] } };
  expect(javaToolOptions(application, { release: 'v1' }, undefined)).toContain('-Xss1m');
  expect(javaToolOptions(application, { release: 'v1', jvmOptions: [] }, undefined)).not.toContain('-Xss1m');
});
