import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository, ObjectStore } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { HistoryIndex } from '../history/history-index.ts';
import type { HistoryIndexOptions } from '../history/history-index.ts';
import { stockGit } from './stock-git.ts';

export const deployment = (tenant: string, environment: string, application: string) => `tenants/${tenant.slice(0, 2)}/${tenant}/environments/${environment}/apps/${application}.yaml`;
/** Paths that the steps' edits count. */
export const files = [
  'platform.yaml', 'tiers/mid.yaml', 'tenants/README.md',
  ...['acme', 'acorn', 'beta'].flatMap((tenant) => [
    `tenants/${tenant.slice(0, 2)}/${tenant}/tenant.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/apps/orders/app.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/apps/orders/releases/v1.yaml`,
    deployment(tenant, 'dev', 'orders'), deployment(tenant, 'prod', 'orders'), deployment(tenant, 'prod', 'billing'),
    `tenants/${tenant.slice(0, 2)}/${tenant}/environments/prod/holds/orders.yaml`, `tenants/${tenant.slice(0, 2)}/${tenant}/environments/prod/environment.yaml`,
  ]),
];
export const people = ['usr_aaaaaaaaaaaaaaaa', 'usr_bbbbbbbbbbbbbbbb', 'acme/ci'];

/** A commit to be made. */
export interface Step {
  /** Files that it sets, by index; a negative number deletes. */
  readonly edits: readonly number[];
  readonly person: number;
  /** Made by the platform, pushed, or pushed as if the platform had made it. */
  readonly by: 'platform' | 'pushed' | 'forged';
  readonly seconds: number;
  readonly action: string;
  /** Where it stands: on the head, on a commit some way back (history is rewritten), or merging one. */
  readonly on: { readonly kind: 'head' | 'rewind' | 'merge'; readonly back: number };
}

let made = 0;

function importSteps(directory: string, steps: readonly Step[]): string[] {
  const heads: string[] = [];
  const stream = steps.flatMap(({ edits, person, by, seconds, action, on }, index) => {
    made += 1;
    const name = people[person] ?? '';
    const head = heads.at(-1);
    const back = heads.at(-1 - on.back) ?? heads[0];
    const parent = on.kind === 'rewind' ? back : head;
    const merged = on.kind === 'merge' && back !== parent ? back : undefined;
    heads.push(`:${index + 1}`);
    const committer = by === 'pushed' ? `${name} <${name.replace('/', '.')}@acme.example>` : 'Cameleer <platform@noreply.cameleer.io>';
    const message = `${by === 'forged' ? 'Forged step' : 'Step'} ${made}\n\nCameleer-Action: ${action}\n`;
    return [
      `commit refs/heads/step-${made}`, `mark :${index + 1}`, `author ${name} <${name.replace('/', '.')}@users.noreply.cameleer.io> ${seconds} +0000`, `committer ${committer} ${seconds} +0000`,
      `data ${message.length}`, message, ...(parent === undefined ? [] : [`from ${parent}`]), ...(merged === undefined ? [] : [`merge ${merged}`]),
      ...edits.map((edit) => (edit < 0 ? `D ${files[-edit] ?? ''}` : `M 100644 inline ${files[edit] ?? ''}\ndata ${String(made).length}\n${made}`)),
      `get-mark :${index + 1}`,
    ];
  });
  const output = stockGit(directory, ['fast-import', '--quiet', '--done'], { input: [...stream, 'done', ''].join('\n') });
  return output.split('\n');
}

export function isPlatforms({ committer, message }: ParsedCommit): boolean {
  return committer.email === 'platform@noreply.cameleer.io' && !message.startsWith('Forged');
}

/** A repository whose commits are made by git's own importer, and indexes of its history. */
export class ImportedHistory {
  readonly folder: string;
  readonly directory: string;
  /** Of each index that is opened. */
  readonly file: string;
  readonly #stores: ObjectStore[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.directory = join(folder, 'state.git');
    this.file = join(this.directory, 'cameleer-history.sqlite');
  }

  static async make(): Promise<ImportedHistory> {
    const history = new ImportedHistory(await mkdtemp(join(tmpdir(), 'cameleer-history-test-')));
    await createRepository(history.directory);
    return history;
  }

  /** Makes the steps' commits, and answers with the head after each. */
  add(steps: readonly Step[]): string[] {
    return importSteps(this.directory, steps);
  }

  open(more: Partial<HistoryIndexOptions> = {}): HistoryIndex {
    const objects = new ObjectStore(this.directory);
    this.#stores.push(objects);
    return new HistoryIndex(this.directory, { isPlatforms: async (id) => isPlatforms(await objects.commit(id)), now: () => new Date(), ...more });
  }

  remove(): Promise<void> {
    for (const store of this.#stores) store.close();
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** By the platform, on the head. */
export const plain = (edits: readonly number[]): Step => ({ edits, person: 0, by: 'platform', seconds: 1_000, action: 'app.deploy', on: { kind: 'head', back: 1 } });
