import { GitError } from '../git-error.ts';

/** Where the truth is, and how to get in. Files are read again for each command, so that a credential can be replaced. */
export interface RemoteOptions {
  /** `https://host/path.git`, `ssh://user@host/path.git` or `user@host:path.git`; `http` on loopback only. Never with a password in it. */
  readonly url: string;
  /** Name that goes with the token; most hosts take any. Default `git`. */
  readonly user?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Private key of ssh, not encrypted. */
  readonly sshKeyFile?: string;
  /** Host keys that are trusted, as ssh has them; no other host is talked to. */
  readonly knownHostsFile?: string;
  /** Certificates that https trusts in place of the machine's, PEM. */
  readonly caFile?: string;
  /** How long a push is tried; default 30 s. */
  readonly deadlineMilliseconds?: number;
  /** A connection on which nothing moves for so long is given up; default 15 s. */
  readonly stallMilliseconds?: number;
}

const scpForm = /^[A-Za-z0-9._-]+@(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[^:]+$/;
const safePath = /^[A-Za-z0-9._/@+-]+$/;

/** Throws `remote_invalid` with what to set. */
export function checkRemote({ url, token, tokenFile, sshKeyFile, knownHostsFile }: RemoteOptions): void {
  const scheme = schemeOf(url);
  if (scheme === 'ssh') {
    if (sshKeyFile === undefined || knownHostsFile === undefined) throw invalid('A state repository over SSH needs a private key and the host\'s public key: name the files that hold them.');
    // ssh reads spaces and percent signs in them its own way.
    for (const path of [sshKeyFile, knownHostsFile]) if (!safePath.test(path)) throw invalid('The paths of the SSH key and of the known hosts may hold letters, digits and . _ / @ + - only. Move the files.');
    return;
  }
  if (token === undefined && tokenFile === undefined) throw invalid('A state repository over HTTPS needs an access token: name the file that holds it.');
}

function schemeOf(url: string): 'ssh' | 'http' {
  if (scpForm.test(url)) return 'ssh';
  const parsed = URL.parse(url);
  if (parsed === null) throw invalid('The address of the state repository is neither https://…, ssh://… nor user@host:path.');
  if (parsed.password !== '' || (parsed.username !== '' && parsed.protocol !== 'ssh:')) throw invalid('The address of the state repository holds a credential. Take it out, and put the token into a file of its own.');
  if (parsed.protocol === 'ssh:') return 'ssh';
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname);
  if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && loopback)) return 'http';
  throw invalid('The state repository is reached over https or ssh only, because a token goes with each request.');
}

function invalid(message: string): GitError {
  return new GitError('remote_invalid', message);
}
