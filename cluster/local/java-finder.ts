import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PodStartError } from './pod-start-error.ts';

const MINIMUM = 17;
const run = promisify(execFile);

const JAVA_REMEDY = 'Install a Java runtime, version 17 or newer (for example Eclipse Temurin, or the package openjdk-17-jre-headless), so that `java` is on the PATH, or set JAVA_HOME.';

/** Finds Java on this machine; looks again as long as there is none, so that installing it needs no restart. */
export class JavaFinder {
  readonly #java: string;
  #found: Promise<string> | undefined;

  /** `java`: the executable; absent: `$JAVA_HOME/bin/java`, else the one on the PATH. */
  constructor(java?: string) {
    const home = process.env['JAVA_HOME'];
    this.#java = java ?? (home === undefined || home === '' ? 'java' : join(home, 'bin', 'java'));
  }

  /** The executable. Throws PodStartError `JavaNotFound` with what to install. */
  async find(): Promise<string> {
    this.#found ??= this.#look();
    try {
      return await this.#found;
    } catch (error) {
      this.#found = undefined;
      if (error instanceof PodStartError) throw error;
      throw new PodStartError('JavaNotFound', `Java can't be started on this machine (\`${this.#java}\`). ${JAVA_REMEDY}`, { cause: error });
    }
  }

  /** `java` may be a version manager's script that needs more environment than pods get: take what it leads to. */
  async #look(): Promise<string> {
    const { stdout, stderr } = await run(this.#java, ['-XshowSettings:properties', '-version'], { timeout: 20_000 });
    const said = `${stdout}\n${stderr}`;
    const version = /java\.specification\.version = ([0-9]+)/.exec(said)?.[1];
    if (version !== undefined && Number(version) < MINIMUM) throw new PodStartError('JavaNotFound', `\`${this.#java}\` is Java ${version}, which is too old. ${JAVA_REMEDY}`);
    const home = /java\.home = (.+)/.exec(said)?.[1]?.trim();
    return home === undefined ? this.#java : join(home, 'bin', 'java');
  }
}
