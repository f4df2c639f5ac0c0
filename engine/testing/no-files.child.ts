// Takes all the files that a process may have open, then uses git on the repository in argv[2], then gives them back: prints
// each outcome. For tests that run it with few.
import { closeSync, openSync } from 'node:fs';
import { GitError } from '../git/index.ts';
import { ObjectStore } from '../git/object-store.ts';
import { readReference } from '../git/references.ts';
import { runGit } from '../git/run-git.ts';
import { readAdvertisement } from '../git/server/upload-pack.ts';
import { ReferenceWriter } from '../git/update-ref.ts';

const [directory = ''] = process.argv.slice(2);
const head = (await readReference(directory, 'refs/heads/main')) ?? '';
const objects = new ObjectStore(directory);
const references = new ReferenceWriter(directory);
const uses = [
  () => runGit(directory, ['version']),
  () => objects.commit(head),
  () => references.update({ name: 'refs/heads/other', before: undefined, after: head }),
  () => readAdvertisement({ directory, protocol: undefined, signal: new AbortController().signal }),
];

function takeAll(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return taken;
  }
}

async function outcomes(): Promise<string> {
  const found: string[] = [];
  for (const use of uses) found.push(await use().then(() => 'done', (error: unknown) => (error instanceof GitError ? error.code : String(error))));
  return found.join(' ');
}

const taken = takeAll();
const without = await outcomes();
for (const descriptor of taken) closeSync(descriptor);
process.stdout.write(`${without}\n${await outcomes()}\n`);
objects.close();
references.close();
