import { readFile } from 'node:fs/promises';
import { GitError } from '../git-error.ts';
import type { RemoteOptions } from './remote-options.ts';

/**
 * The variables under which git reaches the remote. Credentials are here alone: no command line, address or file of git holds
 * them, and git leaves them out of its trace. Throws `remote_unauthorised` when a credential can't be read.
 */
export async function remoteEnvironment(options: RemoteOptions, hooks: string): Promise<Record<string, string>> {
  const stall = options.stallMilliseconds ?? defaultStall;
  const token = await tokenOf(options);
  const config: [string, string][] = [
    ['core.hooksPath', hooks],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ['protocol.allow', 'never'],
    ['protocol.https.allow', 'always'],
    ['protocol.http.allow', 'always'],
    ['protocol.ssh.allow', 'always'],
    // git sends the token to whatever host it was led to.
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', String(Math.max(1, Math.round(stall / 1000)))],
    ...(options.caFile === undefined ? [] : [['http.sslCAInfo', options.caFile] satisfies [string, string]]),
    ...(token === undefined ? [] : [[`http.${new URL(options.url).origin}/.extraHeader`, `Authorization: Basic ${token}`] satisfies [string, string]]),
  ];
  return {
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(config.flatMap(([key, value], index) => [[`GIT_CONFIG_KEY_${index}`, key], [`GIT_CONFIG_VALUE_${index}`, value]])),
    GIT_TRACE_CURL: String(traceDescriptor),
    GIT_TRACE_CURL_NO_DATA: '1',
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: sshCommand(options, stall),
  };
}

/** git writes there what HTTP said: statuses and headers, credentials left out. */
export const traceDescriptor = 3;
export const defaultStall = 15_000;

async function tokenOf({ token, tokenFile, user }: RemoteOptions): Promise<string | undefined> {
  const secret = tokenFile === undefined ? token : (await read(tokenFile)).trim();
  return secret === undefined ? undefined : Buffer.from(`${user ?? 'git'}:${secret}`).toString('base64');
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GitError('remote_unauthorised', 'The file with the token of the state repository can not be read. Put it there, readable by this process.', { cause });
  });
}

/** Nothing of the user's configuration; no host that is not known, no question, no agent. */
function sshCommand({ sshKeyFile, knownHostsFile }: RemoteOptions, stall: number): string {
  const settings = [
    'BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'GlobalKnownHostsFile=/dev/null',
    `UserKnownHostsFile=${knownHostsFile ?? '/dev/null'}`, `ConnectTimeout=${Math.ceil(stall / 1000)}`, `ServerAliveInterval=${Math.ceil(stall / 3000)}`, 'ServerAliveCountMax=3',
  ];
  return ['ssh', '-F', '/dev/null', ...(sshKeyFile === undefined ? [] : ['-i', sshKeyFile]), ...settings.flatMap((setting) => ['-o', setting])].join(' ');
}
