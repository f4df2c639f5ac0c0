import { armor, Encrypter } from 'age-encryption';
import { SecretsError } from './secrets-error.ts';

/** Encrypts a text or bytes to one age recipient; the answer is ASCII-armoured, ending in a line break. */
export async function seal(plain: string | Uint8Array, recipient: string): Promise<string> {
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new SecretsError('bad_recipient', 'This is no age recipient. Give the public half of an age key, which starts with age1.', { cause });
  }
  return armor.encode(await encrypter.encrypt(plain));
}
