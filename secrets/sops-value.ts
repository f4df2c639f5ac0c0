import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretsError } from './secrets-error.ts';

const ivBytes = 32;
const tagBytes = 16;
const base64 = '((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)';
const encrypted = new RegExp(`^ENC\\[AES256_GCM,data:${base64},iv:${base64},tag:${base64},type:str\\]$`);

/** One SOPS value. An empty string stays empty: SOPS never encrypts it. `aad` ties the value to its place. */
export function encryptValue(plain: string, dataKey: Uint8Array, aad: string): string {
  if (plain === '') return '';
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(aad));
  const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `ENC[AES256_GCM,data:${data.toString('base64')},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:str]`;
}

/** Errors: `malformed` (not a SOPS string), `value_tampered` (another key, another place, changed bytes). */
export function decryptValue(text: string, dataKey: Uint8Array, aad: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  const [, data, iv, tag] = encrypted.exec(text) ?? [];
  if (data === undefined || iv === undefined || tag === undefined) {
    throw new SecretsError('malformed', `The value at ${aad} is not encrypted as a SOPS string. Encrypt it again.`);
  }
  const tagged = Buffer.from(tag, 'base64');
  if (tagged.length !== tagBytes) throw new SecretsError('malformed', `The value at ${aad} has a tag of the wrong length.`);
  const decipher = createDecipheriv('aes-256-gcm', dataKey, Buffer.from(iv, 'base64'), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(tagged);
  try {
    return Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]);
  } catch (cause) {
    throw new SecretsError('value_tampered', `The value at ${aad} was changed, moved or encrypted with another key. Write the secret again.`, { cause });
  }
}
