import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

export interface SshServer {
  /** `ssh://user@127.0.0.1:4711` */
  readonly url: string;
  readonly port: number;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** OpenSSH on loopback with keys of its own, for the user of this process. Needs `sshd`. */
export async function startSshServer(folder: string): Promise<SshServer> {
  const at = (name: string) => join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ['host', 'client']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', at(name)]);
  // sshd separates privileges in this folder when it runs as root.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(at('authorized_keys'), readFileSync(at('client.pub')), { mode: 0o600 });
  chmodSync(folder, 0o700);
  const port = await freePort();
  writeFileSync(at('config'), [
    `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${at('host')}`, `AuthorizedKeysFile ${at('authorized_keys')}`, `PidFile ${at('pid')}`,
    'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'UsePAM no', 'StrictModes no', 'PermitRootLogin prohibit-password', '',
  ].join('\n'));
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`sshd ended: ${log}`)));
  });
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(at('host.pub'), 'utf8')}`);
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    port,
    keyFile: at('client'),
    knownHostsFile: at('known_hosts'),
    async close() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
