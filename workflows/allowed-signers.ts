import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The address with which the platform commits: the principal whose signatures an auditor verifies. */
const principal = 'platform@noreply.cameleer.io';

/**
 * Keeps `<keys>/allowed-signers` for stock `git verify-commit`: one line for the key in force, and those of earlier keys,
 * whose commits must go on verifying. It is made from the private keys of this folder, never from the repository: whoever
 * may push could else add a key of their own. Answers with the keys in it, `ssh-ed25519 …`.
 */
export function keepAllowedSigners(keys: string, publicLine: string): readonly string[] {
  const path = join(keys, 'allowed-signers');
  const line = `${principal} namespaces="git" ${publicLine}`;
  const known = linesOf(path);
  const lines = known.includes(line) ? known : [...known, line];
  if (lines !== known) {
    writeFileSync(`${path}.new`, `${lines.join('\n')}\n`, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }
  return lines.flatMap((each) => /ssh-ed25519 \S+/.exec(each)?.[0] ?? []);
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
