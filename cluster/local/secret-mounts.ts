import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PodStartError } from './pod-start-error.ts';
import type { Container, PodSpec } from './shapes.ts';

const MEMORY_FILE_SYSTEM = '/dev/shm';

/**
 * Mounted secrets of a runner's pods, as files on a memory file system, readable by this user only. A process of this
 * machine can't be given a file system of its own without more rights, so the files stand in a folder of their own, and
 * the mount path is replaced by it wherever it stands in the command line and the environment.
 */
export class SecretMounts {
  readonly #folder: string;

  constructor(runner: string, root = MEMORY_FILE_SYSTEM) {
    this.#folder = join(root, `cameleer-${runner}`);
  }

  /** Writes the secret volumes of a pod; answers mount path → folder. Throws PodStartError `CreateContainerConfigError`. */
  async write(uid: string, spec: PodSpec, container: Container, secret: (name: string) => Promise<Readonly<Record<string, string>> | undefined>): Promise<Record<string, string>> {
    const mounts: Record<string, string> = {};
    for (const mount of container.volumeMounts ?? []) {
      const source = spec.volumes?.find((volume) => volume.name === mount.name)?.secret;
      if (source === undefined) continue;
      const values = await secret(source.secretName);
      if (values === undefined && source.optional !== true) {
        throw new PodStartError('CreateContainerConfigError', `The folder ${mount.mountPath} needs the Secret \`${source.secretName}\`, which doesn't exist.`);
      }
      const items = source.items ?? Object.keys(values ?? {}).map((key) => ({ key, path: key }));
      mounts[mount.mountPath] = this.#writeFolder(uid, mount.name, items.map(({ key, path }) => [path, values?.[key] ?? '']));
    }
    return mounts;
  }

  remove(uid: string): void {
    rmSync(join(this.#folder, uid), { recursive: true, force: true });
    if (existsSync(this.#folder) && readdirSync(this.#folder).length === 0) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Removes what pods left behind that are no more. */
  retain(uids: ReadonlySet<string>): void {
    if (!existsSync(this.#folder)) return;
    for (const uid of readdirSync(this.#folder)) if (!uids.has(uid)) this.remove(uid);
  }

  #writeFolder(uid: string, volume: string, files: readonly (readonly [string, string])[]): string {
    this.#ownFolder();
    const folder = join(this.#folder, uid, volume);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const [name, value] of files) {
      if (name.includes('/') || name === '..' || name === '.') throw new PodStartError('CreateContainerConfigError', `The Secret's key \`${name}\` can't be a file name.`);
      writeFileSync(join(folder, name), value, { mode: 0o400, flag: 'wx' });
    }
    return folder;
  }

  #ownFolder(): void {
    if (!existsSync(join(this.#folder, '..'))) {
      throw new PodStartError('CreateContainerConfigError', `Mounted secrets need a memory file system at ${MEMORY_FILE_SYSTEM}, which this machine doesn't have: secrets are never written to disk. Bind them as environment variables.`);
    }
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(this.#folder);
    if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
      throw new PodStartError('CreateContainerConfigError', `${this.#folder} belongs to somebody else. Remove it; mounted secrets are written there.`);
    }
  }
}
