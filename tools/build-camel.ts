import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingRequirements } from './requirements.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache/camel');

export type CamelApp = 'orders' | 'billing';

const building = new Map<string, Promise<string>>();

/**
 * The path of the JAR of fixtures/camel/<name>, built by Maven when its sources have no JAR in the cache yet. `version`
 * (default `1`) goes into the application's properties, so that another version is another JAR. The same source and
 * version give the same bytes. Throws when Maven fails, with the end of its output.
 */
export function buildCamelApp(name: CamelApp, options: { version?: string } = {}): Promise<string> {
  const version = options.version ?? '1';
  const key = `${name} ${version}`;
  const started = building.get(key) ?? build(name, version).finally(() => building.delete(key));
  building.set(key, started);
  return started;
}

async function build(name: CamelApp, version: string): Promise<string> {
  const sources = join(root, 'fixtures/camel', name);
  const jar = join(cache, `${name}-${await hashOf(sources, version)}.jar`);
  if (await exists(jar)) return jar;
  const missing = missingRequirements();
  if (missing.length > 0) throw new Error(`The Camel application "${name}" can't be built. ${missing.join(' ')}`);
  await mkdir(cache, { recursive: true });
  // A copy, so that two builds at once don't share a target folder.
  const copy = await mkdtemp(join(cache, `build-${name}-`));
  try {
    for (const part of ['pom.xml', 'src']) await cp(join(sources, part), join(copy, part), { recursive: true });
    await maven(copy, version);
    await rename(join(copy, 'target', `${name}.jar`), jar);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  return jar;
}

async function maven(directory: string, version: string): Promise<void> {
  const args = ['-B', '-q', '-ntp', 'package', '-DskipTests', `-Drevision=${version}`];
  try {
    await run('mvn', args, { cwd: directory, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const output = `${stdout}${stderr}`.trim().split('\n').slice(-30).join('\n');
    throw new Error(`\`mvn ${args.join(' ')}\` failed in ${directory}:\n${output}`, { cause: error });
  }
}

async function hashOf(sources: string, version: string): Promise<string> {
  const hash = createHash('sha256').update(`1 ${version}\n`);
  const files = await readdir(join(sources, 'src'), { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  for (const path of [join(sources, 'pom.xml'), ...paths.sort()]) {
    const content = await readFile(path);
    hash.update(`${path.slice(sources.length)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
