import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGitHttpServer, type Fault, type GitHttpServer, type GitRequest } from '../../engine/testing/git-http-server.ts';

export interface StateHost {
  /** The repository that is the truth. */
  readonly repository: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How often the host misbehaved, by how. */
  readonly faults: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const token = 'of-the-proof';

/** Parts of a thousand requests. */
const mischief: readonly (readonly [number, Fault])[] = [
  [15, { kind: 'status', status: 503 }],
  [10, { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }],
  [15, { kind: 'cut', when: 'before' }],
  [25, { kind: 'cut', when: 'after' }],
  [5, { kind: 'stall' }],
  [60, { kind: 'slow', milliseconds: 400 }],
];

/** A Git host over HTTP that rejects, stalls, and breaks connections before and after it has done what was asked; `random` is from 0 to 1. */
export async function startStateHost(folder: string, seeded: string, random: () => number): Promise<StateHost> {
  const hosted = join(folder, 'host');
  const repository = join(hosted, 'state.git');
  mkdirSync(hosted);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  execFileSync('git', ['-C', repository, 'config', 'http.receivepack', 'true']);
  execFileSync('git', ['-C', seeded, 'push', '--quiet', repository, 'main']);
  const server: GitHttpServer = await startGitHttpServer(hosted, token);
  const faults = new Map<string, number>();
  server.fault = (request) => {
    const fault = draw(request, random());
    if (fault !== undefined) faults.set(nameOf(fault), (faults.get(nameOf(fault)) ?? 0) + 1);
    return fault;
  };
  return {
    repository,
    environment: { CAMELEER_STATE_REMOTE: `${server.url}/state.git`, CAMELEER_STATE_TOKEN: token, CAMELEER_STATE_POLL: '2', CAMELEER_STATE_DEADLINE: '20' },
    faults,
    close: () => server.close(),
  };
}

/** Only pushes are disturbed: what a control plane reads at its start is not what this is about. */
function draw({ service }: GitRequest, chance: number): Fault | undefined {
  if (service !== 'git-receive-pack') return undefined;
  let left = chance * 1000;
  for (const [part, fault] of mischief) {
    if (left < part) return fault;
    left -= part;
  }
  return undefined;
}

function nameOf(fault: Fault): string {
  if (fault.kind === 'status') return String(fault.status);
  return fault.kind === 'cut' ? `cut ${fault.when}` : fault.kind;
}
