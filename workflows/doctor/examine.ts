import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataDirectory } from '../../cluster/index.ts';
import { inspectRepository, runGit } from '../../engine/index.ts';
import { CodedError } from '../../schemas/index.ts';
import { explanations, type FindingCode } from './findings.ts';
import { examineKeys } from './keys.ts';
import { examineLedger } from './ledger.ts';
import { examineMachine } from './machine.ts';

/** A broken state that was found. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'error' | 'notice';
  /** The path, ref, commit or chain, and what else is known. */
  readonly where: string;
  readonly means: string;
  readonly todo: string;
  readonly repaired: boolean;
}

export interface ExamineOptions {
  /** The data directory. */
  readonly directory: string;
  /** The state repository; default: in the data directory. */
  readonly repository?: string;
  /** The folder of the private keys; default: in the data directory. */
  readonly keys?: string;
  readonly databaseUrl?: string;
  /** Public keys of the platform, `ssh-ed25519 …`. */
  readonly signers: readonly string[];
  /** Repairs what is safe; only while no control plane has the directory. Errors: `data_directory_in_use`. */
  readonly repair: boolean;
  readonly now: () => Date;
}

export interface Raw {
  readonly code: FindingCode;
  readonly where: string;
  readonly repaired?: boolean;
}

/** Looks at everything in a data directory, offline, and says what each broken state means and what to do. */
export async function examine(options: ExamineOptions): Promise<readonly Finding[]> {
  const { directory, repair, repository = join(directory, 'state.git'), keys = join(directory, 'keys') } = options;
  if (!existsSync(join(repository, 'objects'))) return [explained({ code: 'repository_missing', where: repository })];
  const lock = take(directory, repair);
  try {
    const machine = [...(await examineMachine({ directory, repository, keys, repair }))];
    if (!(await isRepository(repository))) return [...machine, { code: 'repository_unreadable', where: repository } as const, ...(await examineLedger(options, repository))].map(explained);
    machine.push(...(await examineKeys({ repository, keys })));
    const faults = await inspectRepository({ directory: repository, signers: options.signers, repair, now: options.now() });
    const ledger = await examineLedger(options, repository);
    // Who signed what can't be told without a key, and that one is missing is said.
    const told = options.signers.length > 0 ? faults : faults.filter(({ code }) => code !== 'cell_foreign');
    return [...machine, ...told, ...ledger].map(explained);
  } finally {
    lock?.release();
  }
}

/** Whether git takes the folder for one; if not, what it says of each object would be wrong. */
function isRepository(folder: string): Promise<boolean> {
  return runGit(folder, ['rev-parse', '--git-dir']).then(() => true, () => false);
}

/** Who only looks may do so beside a control plane, and where nothing can be written. */
function take(directory: string, repair: boolean): { release(): void } | undefined {
  try {
    return lockDataDirectory(directory);
  } catch (error) {
    if (repair || !(error instanceof CodedError) || (error.code !== 'data_directory_in_use' && error.code !== 'data_directory_unusable')) throw error;
    return undefined;
  }
}

function explained({ code, where, repaired = false }: Raw): Finding {
  return { code, where, repaired, ...explanations[code] };
}
