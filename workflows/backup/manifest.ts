import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { publicLine, verifySsh } from '../../engine/index.ts';
import type { DumpSummary } from '../../ledger/index.ts';
import { WorkflowError } from '../errors.ts';

export const manifestName = 'manifest.json';
export const signatureName = 'manifest.json.sig';
export const bundleName = 'state.bundle';
export const ledgerName = 'ledger.jsonl.gz';
export const keysName = 'keys.age';
/** What a signature of a manifest is for: it counts for nothing else (`ssh-keygen -Y verify -n cameleer-backup`). */
export const signatureNamespace = 'cameleer-backup';
const format = 'cameleer-backup 1';

export interface BackupManifest {
  readonly format: typeof format;
  readonly createdAt: string;
  /** The head of `main` when the bundle was begun; the bundle holds it and perhaps later ones. */
  readonly main: string;
  readonly ledger: DumpSummary;
  /** File → its size and SHA-256. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export function manifestOf(parts: Omit<BackupManifest, 'format'>): BackupManifest {
  return { format, ...parts };
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export interface VerifiedManifest {
  readonly manifest: BackupManifest;
  /** Whether one of the keys that were given signed it; without any the signature is only known to be of somebody. */
  readonly signature: 'trusted' | 'unknown_key';
  /** Who signed it, as `ssh-ed25519 …`. */
  readonly signer: string;
}

/**
 * Reads a backup's manifest: signed, and saying of each file what it is. `signers`: 32-byte public keys of the platform. Throws
 * `backup_invalid`.
 */
export async function verifyManifest(folder: string, signers: readonly Buffer[]): Promise<VerifiedManifest> {
  const [bytes, armor] = await Promise.all([manifestName, signatureName].map((name) => readFile(join(folder, name)).catch(() => undefined)));
  if (bytes === undefined || armor === undefined) throw invalid(`${folder} holds no ${manifestName} with its signature`);
  const signer = verifySsh(bytes, armor.toString('latin1'), signatureNamespace);
  if (signer === undefined) throw invalid(`the signature of ${manifestName} does not hold`);
  if (signers.length > 0 && !signers.some((key) => key.equals(signer))) throw invalid(`${manifestName} was signed by a key that is not the platform's`);
  const manifest = JSON.parse(bytes.toString('utf8')) as BackupManifest;
  const found: string = manifest.format;
  if (found !== format) throw invalid(`its format is ${JSON.stringify(found)}, and this version reads ${format}`);
  await checkFiles(folder, manifest);
  return { manifest, signature: signers.length > 0 ? 'trusted' : 'unknown_key', signer: publicLine(signer) };
}

async function checkFiles(folder: string, { files }: BackupManifest): Promise<void> {
  for (const [name, { bytes: size, sha256 }] of Object.entries(files)) {
    if (!/^[a-z][a-z.]*$/.test(name)) throw invalid(`it names a file ${JSON.stringify(name)}`);
    const there = await stat(join(folder, name)).catch(() => undefined);
    if (there?.size !== size || (await sha256Of(join(folder, name))) !== sha256) throw invalid(`${name} is not the file that was backed up`);
  }
  if (files[bundleName] === undefined || files[ledgerName] === undefined) throw invalid(`it lacks ${bundleName} or ${ledgerName}`);
}

function invalid(what: string): WorkflowError {
  return new WorkflowError('backup_invalid', `This backup can not be used: ${what}. Take another one.`);
}
