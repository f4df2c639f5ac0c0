import { GitError } from '../git-error.ts';
import { spawnGit } from '../run-git.ts';
import { endWith, feed, statusOf } from './child.ts';
import { FLUSH, pktLine } from './pkt-line.ts';

export interface ReadOptions {
  readonly directory: string;
  /** Value of the request's `Git-Protocol` header. */
  readonly protocol: string | undefined;
  /** Refs below these prefixes are neither shown nor served by name. */
  readonly hidden?: readonly string[];
  /** Ends the git process. */
  readonly signal: AbortSignal;
}

/**
 * Only what the advertised refs reach may be asked for in versions 0 and 1. Version 2 serves every object of the repository
 * whose id is known, whatever these say: a repository must hold only what its readers may read.
 */
const strict = [
  'uploadpack.allowTipSHA1InWant=false', 'uploadpack.allowReachableSHA1InWant=false', 'uploadpack.allowAnySHA1InWant=false', 'uploadpack.allowRefInWant=false',
  'uploadpack.advertiseBundleURIs=false', 'transfer.advertiseObjectInfo=false', 'transfer.advertiseSID=false', 'pack.threads=1',
];

function start({ directory, protocol, hidden = [], signal }: ReadOptions, args: readonly string[]) {
  const settings = [...strict, ...hidden.map((prefix) => `uploadpack.hideRefs=${prefix}`)].flatMap((setting) => ['-c', setting]);
  const version = /(?:^|:)version=([012])(?:$|:)/.exec(protocol ?? '')?.[1];
  const child = spawnGit(directory, [...settings, 'upload-pack', '--stateless-rpc', '--strict', ...args, directory], version === undefined ? {} : { GIT_PROTOCOL: `version=${version}` });
  child.stderr.resume();
  endWith(child, signal);
  return child;
}

/** What a clone or fetch is told first. Throws `git_failed`. */
export async function readAdvertisement(options: ReadOptions): Promise<Buffer> {
  const child = start(options, ['--http-backend-info-refs']);
  child.stdin.on('error', () => {});
  child.stdin.end();
  const status = statusOf(child);
  // A git that can't be started says so before anybody waits for it.
  status.catch(() => {});
  const output: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) output.push(chunk);
  if ((await status) !== 0) throw new GitError('git_failed', 'The repository can not be read. Try again.');
  const refs = Buffer.concat(output);
  // As stock servers do, the service is named before all versions but the second.
  return refs.subarray(4).toString('latin1', 0, 9) === 'version 2' ? refs : Buffer.concat([pktLine('# service=git-upload-pack\n'), FLUSH, refs]);
}

/**
 * Answers one request of a clone or fetch, as git makes it. Throws `protocol` when git could not make anything of it and has
 * answered nothing; once bytes have been answered, git has told the client itself.
 */
export async function* answerRead(options: ReadOptions, request: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const child = start(options, []);
  const status = statusOf(child);
  status.catch(() => {});
  const fed = feed(child, request);
  fed.catch(() => {});
  let answered = false;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      answered = true;
      yield chunk;
    }
    await fed;
    if ((await status) !== 0 && !answered) throw new GitError('protocol', 'This is no request of a clone or fetch.');
  } finally {
    child.kill('SIGTERM');
  }
}
