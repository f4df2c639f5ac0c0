import { expect, test } from 'vitest';
import { editYaml } from './edit-yaml.ts';

const replicas = (text: string) => editYaml('x.yaml', text, (document) => document.setIn(['spec', 'replicas'], 2));

test.each([
  ['right below their name', 'spec:\n  replicas: 1\n  list:\n  - a\n  - b\n'],
  ['further in', 'spec:\n  replicas: 1\n  list:\n    - a\n    - b\n'],
  ['in a list of lists', 'list:\n- - a\n  - b\nspec:\n  replicas: 1\n'],
])('the items of a list stay %s', (_where, text) => {
  expect(replicas(text)).toBe(text.replace('replicas: 1', 'replicas: 2'));
});

test.each([
  ['a comment', (line: string) => `a # ${line}`],
  ['a text', (line: string) => `"${line}"`],
])('a line of half a mebibyte takes no time, in %s', (_where, value) => {
  const text = `spec:\n  note: ${value(':#'.repeat(256 * 1024))}\n  replicas: 1\n`;
  const began = process.cpuUsage();
  expect(replicas(text)).toBe(text.replace('replicas: 1', 'replicas: 2'));
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(5_000);
});
