import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Forms of private keys with a body, not the bare names that code and documentation need. */
const forms = [
  /AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{20}/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/]{20}/,
  /"d"\s*:\s*"[A-Za-z0-9_-]{40}/,
  /\bcml_[A-Za-z0-9_-]{43}\b/,
];

test('no file of the repository holds a private key or an API token', () => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\0').filter((path) => path !== '');
  const found = files.filter((path) => {
    const text = readOrEmpty(join(root, path));
    return forms.some((form) => form.test(text));
  });
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});

test('the forms recognise what they are for', async () => {
  const { generateAgeKey } = await import('../secrets/index.ts');
  const { generateKeyPairSync } = await import('node:crypto');
  const { identity } = await generateAgeKey();
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const text of [identity, identity.toLowerCase(), pem, JSON.stringify(pem), JSON.stringify(privateKey.export({ format: 'jwk' }))]) {
    expect(forms.some((form) => form.test(text))).toBe(true);
  }
});

/** Files may vanish while other work goes on; a file that is gone holds no key. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
