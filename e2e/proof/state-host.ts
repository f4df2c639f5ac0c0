import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startGitHttpServer } from '../../engine/testing/git-http-server.ts';
import { mischief } from '../../engine/testing/mischief.ts';

export interface StateHost {
  /** The repository that is the truth. */
  readonly repository: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How often the host misbehaved, by how. */
  readonly faults: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const token = 'of-the-proof';

/** A Git host over HTTP that rejects, stalls, and breaks connections before and after it has done what was asked; `random` is from 0 to 1. */
export async function startStateHost(folder: string, seeded: string, random: () => number): Promise<StateHost> {
  const hosted = join(folder, 'host');
  const repository = join(hosted, 'state.git');
  mkdirSync(hosted);
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  execFileSync('git', ['-C', repository, 'config', 'http.receivepack', 'true']);
  execFileSync('git', ['-C', seeded, 'push', '--quiet', repository, 'main']);
  const server = await startGitHttpServer(hosted, token);
  const trouble = mischief(random);
  server.fault = (request) => trouble.fault(request);
  return {
    repository,
    environment: { CAMELEER_STATE_REMOTE: `${server.url}/state.git`, CAMELEER_STATE_TOKEN: token, CAMELEER_STATE_POLL: '2', CAMELEER_STATE_DEADLINE: '20' },
    faults: trouble.counts,
    close: () => server.close(),
  };
}
