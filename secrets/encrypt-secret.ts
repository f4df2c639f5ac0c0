import { createHash, randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { seal } from './seal.ts';
import { SecretsError } from './secrets-error.ts';
import { aadOf, encryptedRegex } from './sops-leaves.ts';
import { encryptValue } from './sops-value.ts';

/** The format's version that we write; SOPS reads it to choose between old and new rules. */
const sopsVersion = '3.13.2';

export interface EncryptSecretOptions {
  readonly name: string;
  /** Covered by the MAC: a file copied into another namespace no longer verifies. */
  readonly namespace: string;
  /** Entry → value in clear; written in this order. */
  readonly stringData: Readonly<Record<string, string>>;
  /** age recipients, at least one; any one of their identities opens the file. */
  readonly recipients: readonly string[];
  readonly now: Date;
}

/**
 * A Kubernetes Secret as a SOPS file, with a data key of its own. Needs public keys only. The same input never gives the
 * same text twice. Errors: `bad_recipient`, `bad_value`; no recipient is a TypeError.
 */
export async function encryptSecret(options: EncryptSecretOptions): Promise<string> {
  const { name, namespace, stringData, recipients, now } = options;
  if (recipients.length === 0) throw new TypeError('encryptSecret needs at least one recipient.');
  const dataKey = randomBytes(32);
  const head = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque' };
  const mac = createHash('sha512').update(head.apiVersion + head.kind + name + namespace + head.type);
  const encrypted: [string, string][] = [];
  for (const [key, value] of Object.entries(stringData)) {
    if (!value.isWellFormed()) throw new SecretsError('bad_value', `The value of ${key} is not valid Unicode text. Encode binary values, for example as base64.`);
    mac.update(value);
    encrypted.push([key, encryptValue(value, dataKey, aadOf(['stringData', key]))]);
  }
  const lastmodified = `${now.toISOString().slice(0, 19)}Z`;
  const age = await Promise.all(recipients.map(async (recipient) => ({ recipient, enc: await seal(dataKey, recipient) })));
  const sops = {
    age,
    encrypted_regex: encryptedRegex,
    lastmodified,
    mac: encryptValue(mac.digest('hex').toUpperCase(), dataKey, lastmodified),
    version: sopsVersion,
  };
  // YAML 1.1 quotes what older parsers (Go's among them) would take for a date or a boolean; folding would break the armour.
  return stringify({ ...head, stringData: Object.fromEntries(encrypted), sops }, { version: '1.1', lineWidth: 0 });
}
