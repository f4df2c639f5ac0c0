import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';

/** Lines that are printed as they come, and kept in `results/` at the end. */
export class Report {
  readonly #lines: string[] = [];

  /** Begins with the command that makes it, and with the load that the machine has before. */
  constructor(command: string) {
    this.#add(`${command}: Node ${process.version}, ${availableParallelism()} cores, load of the machine before ${(loadavg()[0] ?? 0).toFixed(1)}, ${new Date().toISOString()}`);
  }

  line(name: string, text: string): void {
    this.#add(`${name.padEnd(44)} ${text}`.trimEnd());
  }

  #add(line: string): void {
    this.#lines.push(line);
    console.log(line);
  }

  /** `push-1000.txt` */
  async save(name: string): Promise<void> {
    const file = join(import.meta.dirname, 'results', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${this.#lines.join('\n')}\n`);
  }
}
