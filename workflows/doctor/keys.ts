import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readReference, readStateFiles } from '../../engine/index.ts';
import { readStateKey } from '../../engine/git/index.ts';
import type { Cell, Platform } from '../../schemas/index.ts';
import type { Raw } from './examine.ts';

/** A private key that a start would make when it is missing, and the public halves that the state knows for it. */
interface WantedKey {
  readonly file: string;
  readonly named: readonly string[];
  readonly publicOf: (text: string) => string;
}

/** Whether the folder has the keys whose public halves stand on `main`: a start makes what is missing, and nobody knows that then. */
export async function examineKeys({ repository, keys }: { readonly repository: string; readonly keys: string }): Promise<readonly Raw[]> {
  const found: Raw[] = [];
  for (const { file, named, publicOf } of wantedKeys(await stateFiles(repository))) {
    const path = join(keys, file);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) found.push({ code: 'key_missing', where: path });
    else if (named.length > 0 && !named.includes(publicOrNone(publicOf, text))) found.push({ code: 'key_not_known', where: path });
  }
  return found;
}

function wantedKeys({ platform, cells }: StateFiles): readonly WantedKey[] {
  const trust = platform?.spec.trust;
  return [
    { file: 'state', named: (trust?.state ?? []).map((line) => line.split(' ').slice(0, 2).join(' ')), publicOf: (text) => readStateKey(text).publicLine },
    ...(trust === undefined ? [] : [
      { file: 'builder.pem', named: trust.builder.map(({ publicKey }) => publicKey), publicOf: (text: string) => createPublicKey(createPrivateKey(text)).export({ type: 'spki', format: 'der' }).toString('base64') },
      { file: 'key-encryption.age', named: [trust.keyEncryption], publicOf: recipientIn },
    ]),
    ...cells.filter(({ spec }) => spec.driver === 'local').map(({ metadata, spec }) => ({ file: `cell-${metadata.name}.age`, named: [spec.recipient], publicOf: recipientIn })),
  ];
}

interface StateFiles {
  readonly platform: Platform | undefined;
  readonly cells: readonly Cell[];
}

/** Nothing where the repository can't be read: that is said already. */
async function stateFiles(repository: string): Promise<StateFiles> {
  try {
    const main = await readReference(repository, 'refs/heads/main');
    if (main === undefined) return { platform: undefined, cells: [] };
    const files = [...(await readStateFiles(repository, main, (path) => path === 'platform.yaml' || path.startsWith('cells/')))];
    const platform = files.find(([path]) => path === 'platform.yaml')?.[1];
    return { platform: platform === undefined ? undefined : (parse(platform) as Platform), cells: files.filter(([path]) => path.endsWith('.yaml') && path.startsWith('cells/')).map(([, text]) => parse(text) as Cell) };
  } catch {
    return { platform: undefined, cells: [] };
  }
}

function publicOrNone(publicOf: (text: string) => string, text: string): string {
  try {
    return publicOf(text);
  } catch {
    return '';
  }
}

/** As `openKeys` writes it: the identity, then its public half. */
function recipientIn(text: string): string {
  return text.split('\n')[1]?.trim() ?? '';
}
