import { armor, Decrypter } from 'age-encryption';
import { SecretsError } from './secrets-error.ts';

/** Opens what `seal` closed, with whichever of the identities fits. Errors: `malformed`, `bad_identity`, `no_identity`. */
export async function openBytes(armored: string, identities: readonly string[]): Promise<Uint8Array> {
  if (identities.length === 0) throw new SecretsError('no_identity', 'No age identity was given to open this with.');
  const decrypter = decrypterOf(identities);
  let encrypted: Uint8Array;
  try {
    encrypted = armor.decode(armored);
  } catch (cause) {
    throw new SecretsError('malformed', 'This is no ASCII-armoured age file.', { cause });
  }
  try {
    return await decrypter.decrypt(encrypted);
  } catch (cause) {
    if (cause instanceof Error && cause.message.startsWith('no identity matched')) {
      throw new SecretsError('no_identity', 'None of the given identities opens this. Use the key that it was encrypted to.', { cause });
    }
    throw new SecretsError('malformed', 'This age file is damaged.', { cause });
  }
}

/** As `openBytes`, for text. */
export async function open(armored: string, identities: readonly string[]): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true }).decode(await openBytes(armored, identities));
}

function decrypterOf(identities: readonly string[]): Decrypter {
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch (cause) {
    throw new SecretsError('bad_identity', 'This is no age identity. Give the private half of an age key.', { cause });
  }
  return decrypter;
}
