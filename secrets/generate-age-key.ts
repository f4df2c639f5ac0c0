import { generateX25519Identity, identityToRecipient } from 'age-encryption';

/** `identity` is private (`AGE-SECRET-KEY-1…`), `recipient` public (`age1…`). */
export interface AgeKey {
  readonly identity: string;
  readonly recipient: string;
}

export async function generateAgeKey(): Promise<AgeKey> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}
