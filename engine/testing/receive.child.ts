// Receives a pack from standard input for the repository in argv[2], and says when its quarantine is there; for tests that kill it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { receivePack } from '../git/index.ts';

const [directory = ''] = process.argv.slice(2);
const receiving = receivePack(directory, process.stdin as AsyncIterable<Uint8Array>, { limits: { bytes: 1 << 20, milliseconds: 60_000 }, signal: new AbortController().signal });
for (;;) {
  const found = (await readdir(join(directory, 'objects'))).filter((name) => name.startsWith('tmp_objdir-cameleer'));
  if (found.length > 0 && (await readdir(join(directory, 'objects', found[0] ?? '', 'pack'))).length > 0) break;
  await new Promise((resolve) => {
    setTimeout(resolve, 5);
  });
}
console.log('receiving');
await receiving;
