import { bech32 } from '@scure/base';

/** What no pattern can check in a text, by the name that a schema gives it with `format`. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isTimestamp,
  'age-recipient': isAgeRecipient,
  'ssh-ed25519': isSshEd25519,
};

/** RFC 3339 in UTC, to the second. */
export function isTimestamp(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && `${date.toISOString().slice(0, 19)}Z` === text;
}

/** The check sum finds a character that was lost or changed, before something is encrypted that nobody can open. */
function isAgeRecipient(text: string): boolean {
  const decoded = bech32.decodeUnsafe(text);
  return decoded?.prefix === 'age' && bech32.fromWordsUnsafe(decoded.words)?.length === 32;
}

/** `ssh-ed25519`, then in base64 its two parts with their lengths: the type once more, and 32 bytes. */
function isSshEd25519(text: string): boolean {
  const [type = '', base64 = '', ...more] = text.split(' ');
  const blob = Buffer.from(base64, 'base64');
  const head = Buffer.from('\0\0\0\u000Bssh-ed25519\0\0\0\u0020', 'latin1');
  return more.length === 0 && type === 'ssh-ed25519' && blob.toString('base64') === base64 && blob.length === head.length + 32 && blob.subarray(0, head.length).equals(head);
}
