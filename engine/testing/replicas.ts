import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Answer {
  readonly commit: string;
  readonly requestId: string;
  readonly tenant: string;
  readonly field: string;
}

export interface Report {
  readonly acknowledged: readonly Answer[];
  readonly refused: readonly { readonly code: string; readonly requestId: string }[];
  /** What the processes wrote to standard error. */
  readonly complaints: string;
}

export interface ReplicaOptions {
  /** Of the engine, by process. */
  readonly engines: readonly object[];
  readonly tenants: readonly string[];
  /** Done while all of them write. */
  readonly meanwhile: () => Promise<void>;
}

/** Runs one engine a process, all of them writing at once, and tells what was answered. Each must end well. */
export async function runReplicas({ engines, tenants, meanwhile }: ReplicaOptions): Promise<Report> {
  const children = engines.map((options, index) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'replica.child.ts'), JSON.stringify(options), `R${index}`, ...tenants]);
    const said = { output: '', complaints: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      said.output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said.complaints += chunk.toString();
    });
    return { child, said, closed: once(child, 'close') as Promise<[number | null]> };
  });
  try {
    await Promise.all(children.map(({ child, closed }) => Promise.race([once(child.stdout, 'data'), closed])));
    await meanwhile();
  } finally {
    for (const { child } of children) child.stdin.end();
  }
  const codes = (await Promise.all(children.map(({ closed }) => closed))).map(([code]) => code);
  const complaints = children.map(({ said }) => said.complaints).join('');
  if (codes.some((code) => code !== 0)) throw new Error(`A process ended with ${codes.join(', ')}: ${complaints}`);
  const lines = children.flatMap(({ said }) => said.output.split('\n')).map((line) => line.split(' '));
  return {
    acknowledged: lines.flatMap(([kind, commit = '', requestId = '', tenant = '', field = '']) => (kind === 'ack' ? [{ commit, requestId, tenant, field }] : [])),
    refused: lines.flatMap(([kind, code = '', requestId = '']) => (kind === 'refused' ? [{ code, requestId }] : [])),
    complaints,
  };
}
