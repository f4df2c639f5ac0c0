import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '../.cache/npm');

/**
 * Unpacks one version of an npm package into .cache/npm and answers its folder. For large binaries that only some test
 * lanes and benchmarks need, so that `npm ci` stays small. Install scripts of the package never run.
 */
export function unpackNpmPackage(name: string, version: string): string {
  const directory = join(cache, `${name.replaceAll(/[^a-z0-9]+/g, '-')}-${version}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'unpack-'));
  try {
    execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
    const archive = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm pack left no archive of ${name}@${version}.`);
    execFileSync('tar', ['-xzf', archive], { cwd: work });
    renameSync(join(work, 'package'), directory);
    return directory;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
