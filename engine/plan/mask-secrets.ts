import type { KindName } from '../../schemas/index.ts';

const mask = '***';

/** Fields that hold something to decrypt or to sign in with, even though it is encrypted. */
const secretFields: Partial<Record<KindName, RegExp>> = {
  Secret: /^\/(?:data|stringData|sops)(?:\/|$)/,
  EnvironmentKey: /^\/spec\/(?:sealed|cellSecret\/manifest)$/,
  License: /^\/spec\/token$/,
};

function maskValue(value: unknown, pointer: string, secret: RegExp): unknown {
  if (secret.test(pointer)) return mask;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskValue(inner, `${pointer}/${name}`, secret)]));
}

/** The field with whatever is secret in it replaced. Of an unreadable file nothing is shown. */
export function maskField<T extends { readonly pointer: string }>(kind: KindName | undefined, field: T): T {
  const secret = kind === undefined ? /^/ : secretFields[kind];
  if (secret === undefined) return field;
  const entries = Object.entries(field).map(([name, value]) => [name, name === 'pointer' ? value : maskValue(value, field.pointer, secret)]);
  return Object.fromEntries(entries) as T;
}
