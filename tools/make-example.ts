// Makes the signatures, keys and encrypted values of tenants-example anew. Its keys exist in this process only and are gone
// when it ends, so nobody can sign or decrypt anything of the example. Run it after a change of a signed or encrypted file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem, hasErrors, readFolder, validateState } from '../schemas/index.ts';
import { keysInMemory, makeExample, readSeed } from '../workflows/seed/index.ts';

const root = join(import.meta.dirname, '..');
const example = join(root, 'tenants-example');
const input = await readSeed({ example, dummies: join(root, 'fixtures/seed') });
const keys = await keysInMemory({ builder: 'builder-1', license: 'vendor-1' });
const files = await makeExample({ ...input, keys, now: new Date() });
for (const [path, text] of files) {
  if (input.files.get(path) !== text) writeFileSync(join(example, path), text);
}
const problems = validateState(await readFolder(example));
for (const problem of problems) console.error(formatProblem(problem));
process.exitCode = hasErrors(problems) ? 1 : 0;
