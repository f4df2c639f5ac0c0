import { publicBytesOf } from '../git/index.ts';
import { EngineError } from '../engine-error.ts';

/**
 * The Ed25519 keys of a file as `ssh-keygen` and git take it (`gpg.ssh.allowedSignersFile`), or of lines `ssh-ed25519 AAAA…`.
 * Throws `keys_unreadable` for a line that says something that this verification would not heed, or when there is no key.
 */
export function allowedSigners(text: string): readonly Buffer[] {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.map(keyOf);
  if (keys.length === 0) throw new EngineError('keys_unreadable', 'There is no key. Give the platform’s allowed-signers file, or a public key ssh-ed25519 ….');
  return keys;
}

function keyOf(line: string): Buffer {
  const at = line.indexOf('ssh-ed25519 ');
  const key = at < 0 ? undefined : publicBytesOf(line.slice(at));
  const options = at < 0 ? [] : line.slice(0, at).trim().split(/\s+/).slice(1);
  if (key === undefined || options.some((option) => option !== 'namespaces="git"')) {
    throw new EngineError('keys_unreadable', `This line is no plain Ed25519 key for git: ${line.slice(0, 80)}. Write: principal namespaces="git" ssh-ed25519 AAAA….`);
  }
  return key;
}
