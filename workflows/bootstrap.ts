import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { newToken } from '../access/index.ts';
import { createPerson, findPerson, listPeople, listTokens, saveToken, type Ledger } from '../ledger/index.ts';
import type { Stores } from './context.ts';

type Random = (bytes: number) => Uint8Array;

const firstName = 'First operator';
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `usr_` or `tok_` and 16 of [a-z0-9], 82 bits. */
export function opaqueId(prefix: 'usr' | 'tok', random: Random): string {
  let id = '';
  while (id.length < 16) {
    // 252 is the largest multiple of 36 in a byte: without the rest, every character is equally likely.
    for (const byte of random(24)) if (byte < 252 && id.length < 16) id += alphabet[byte % 36];
  }
  return `${prefix}_${id}`;
}

/** The person who starts this installation: the ledger's first, or a new one. */
export async function firstPerson(ledger: Ledger, random: Random): Promise<string> {
  const [known] = await listPeople(ledger);
  if (known !== undefined) return known.id;
  const id = opaqueId('usr', random);
  await createPerson(ledger, { id, displayName: firstName });
  return id;
}

/** The token of the first start, for the first operator; `undefined` when that person has one already. */
export async function firstToken(stores: Pick<Stores, 'ledger' | 'engine' | 'random'>, file: string): Promise<string | undefined> {
  const operator = await operatorOf(stores);
  if (operator === undefined || (await listTokens(stores.ledger, { kind: 'person', id: operator })).length > 0) return undefined;
  return mint(stores, operator, { description: 'first start', file });
}

/** A further token for the first operator; the old ones stay valid. */
export async function newOperatorToken(stores: Pick<Stores, 'ledger' | 'engine' | 'random'>, file: string): Promise<string | undefined> {
  const operator = await operatorOf(stores);
  return operator === undefined ? undefined : mint(stores, operator, { description: 'npm start -- --new-token', file });
}

/** The first operator of platform.yaml whom the ledger knows; with an empty ledger (lost, or a new one) simply the first. */
async function operatorOf({ engine, ledger }: Pick<Stores, 'ledger' | 'engine'>): Promise<string | undefined> {
  const operators = engine.platform().platform?.object.spec.operators ?? [];
  for (const id of operators) if ((await findPerson(ledger, id)) !== undefined) return id;
  const [first] = operators;
  if (first === undefined || (await listPeople(ledger)).length > 0) return undefined;
  await createPerson(ledger, { id: first, displayName: firstName });
  return first;
}

/** `file` gets the token for the CLI of the same user on the same machine; the ledger keeps the hash only. */
async function mint({ ledger, random }: Pick<Stores, 'ledger' | 'random'>, person: string, { description, file }: { description: string; file: string }): Promise<string> {
  const { token, hash } = newToken(random);
  // The keys may be elsewhere, so that nobody else has made the folder.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const handle = openSync(file, 'w', 0o600);
  try {
    writeSync(handle, `${token}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  await saveToken(ledger, { id: opaqueId('tok', random), hash, subject: { kind: 'person', id: person }, description });
  return token;
}
