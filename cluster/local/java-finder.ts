import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PodStartError } from './pod-start-error.ts';

const run = promisify(execFile);

export const JAVA_REMEDY = 'Install a Java runtime, version 17 or newer (for example Eclipse Temurin, or the package openjdk-17-jre-headless), so that `java` is on the PATH, or set JAVA_HOME.';

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
    this.#found ??= run(this.#java, ['-version'], { timeout: 20_000 }).then(() => this.#java);
    try {
      return await this.#found;
    } catch (error) {
      this.#found = undefined;
      throw new PodStartError('JavaNotFound', `Java can't be started on this machine (\`${this.#java}\`). ${JAVA_REMEDY}`, { cause: error });
    }
  }
}
