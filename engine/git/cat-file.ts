import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { GitError } from './git-error.ts';
import type { ObjectType } from './object-id.ts';
import { spawnGit } from './run-git.ts';

export interface GitObject {
  readonly type: ObjectType;
  readonly size: number;
  /** Absent when the object is larger than the caller's limit. */
  readonly content: Buffer | undefined;
  /** Of a commit that is larger: who made it, from what, and the first of its message stand here. */
  readonly beginning?: Buffer;
}

const beginningBytes = 16 * 1024;

interface Request {
  readonly oid: string;
  readonly maxBytes: number;
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: unknown) => void;
  retried: boolean;
}

interface Header {
  readonly type: ObjectType;
  readonly size: number;
}

/**
 * One `git cat-file --batch-command` that answers pipelined reads in order. A process that ends is started again and what it
 * had not answered is asked again, once. An object that git calls missing is asked again of a new process, once, because
 * packs may have been replaced since the old one looked.
 */
export class CatFile {
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcessWithoutNullStreams | undefined;
  #waiting: Request[] = [];
  #chunks: Buffer[] = [];
  #buffered = 0;
  #header: Header | undefined;
  #skip = 0;
  #toSend: string[] = [];
  #flushPlanned = false;
  #closed = false;

  constructor(directory: string, environment: Readonly<Record<string, string>> = {}) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /** `undefined` when the repository has no such object. */
  async read(oid: string, maxBytes: number): Promise<GitObject | undefined> {
    const first = await this.#ask(oid, maxBytes, false);
    if (first !== undefined) return first;
    if (this.#waiting.length === 0) this.#restart();
    return this.#ask(oid, maxBytes, true);
  }

  close(): void {
    this.#closed = true;
    this.#child?.stdin.end();
    this.#child = undefined;
    this.#failAll(new GitError('git_failed', 'The repository has been closed.'));
  }

  #ask(oid: string, maxBytes: number, retried: boolean): Promise<GitObject | undefined> {
    if (this.#closed) return Promise.reject(new GitError('git_failed', 'The repository has been closed.'));
    return new Promise((resolve, reject) => {
      this.#enqueue({ oid, maxBytes, resolve, reject, retried });
    });
  }

  #enqueue(request: Request): void {
    this.#waiting.push(request);
    this.#toSend.push(`contents ${request.oid}\n`);
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    queueMicrotask(() => this.#send());
  }

  #send(): void {
    this.#flushPlanned = false;
    if (this.#closed) return;
    try {
      this.#child ??= this.#start();
    } catch (error) {
      this.#toSend = [];
      this.#failAll(error);
      return;
    }
    this.#child.stdin.write(`${this.#toSend.join('')}flush\n`);
    this.#toSend = [];
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawnGit(this.#directory, ['cat-file', '--batch-command', '--buffer'], this.#environment);
    child.stdin.on('error', () => {});
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#receive(chunk);
    });
    child.once('error', (cause) => this.#ended(child, cause));
    child.once('close', () => this.#ended(child, undefined));
    return child;
  }

  #restart(): void {
    this.#child?.stdin.end();
    this.#child = undefined;
    this.#resetParser();
  }

  #resetParser(): void {
    this.#chunks = [];
    this.#buffered = 0;
    this.#header = undefined;
    this.#skip = 0;
  }

  #ended(child: ChildProcessWithoutNullStreams, cause: unknown): void {
    if (this.#child !== child) return;
    this.#restart();
    const lost = this.#waiting;
    this.#waiting = [];
    this.#toSend = [];
    for (const request of lost) {
      if (request.retried) {
        request.reject(new GitError('git_failed', 'git cat-file ended before it answered. Run git fsck on the state repository.', { cause }));
        continue;
      }
      request.retried = true;
      this.#enqueue(request);
    }
  }

  #failAll(error: unknown): void {
    const lost = this.#waiting;
    this.#waiting = [];
    for (const request of lost) request.reject(error);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    while (this.#step());
  }

  /** Consumes one header or one content; false when more bytes are needed. */
  #step(): boolean {
    if (this.#skip > 0) return this.#skipBytes();
    if (this.#header === undefined) return this.#readHeader();
    return this.#readContent(this.#header);
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #consume(bytes: number): void {
    const rest = this.#joined().subarray(bytes);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
  }

  #skipBytes(): boolean {
    const bytes = Math.min(this.#skip, this.#buffered);
    if (bytes === 0) return false;
    this.#skip -= bytes;
    this.#consume(bytes);
    return true;
  }

  #readHeader(): boolean {
    if (this.#buffered === 0) return false;
    const buffer = this.#joined();
    const end = buffer.indexOf(0x0a);
    if (end < 0) return false;
    const [, type, size] = buffer.toString('latin1', 0, end).split(' ');
    this.#consume(end + 1);
    if (size === undefined) {
      this.#waiting.shift()?.resolve(undefined);
      return true;
    }
    this.#header = { type: type as ObjectType, size: Number(size) };
    return true;
  }

  #readContent(header: Header): boolean {
    const tooLarge = header.size > (this.#waiting[0]?.maxBytes ?? 0);
    const kept = tooLarge && header.type === 'commit' ? Math.min(header.size, beginningBytes) : 0;
    if (this.#buffered < (tooLarge ? kept : header.size + 1)) return false;
    this.#header = undefined;
    const request = this.#waiting.shift();
    if (tooLarge) {
      this.#skip = header.size + 1;
      request?.resolve({ ...header, content: undefined, ...(kept > 0 && { beginning: Buffer.from(this.#joined().subarray(0, kept)) }) });
      return true;
    }
    // A copy: a slice would keep the whole chunk that git sent alive as long as the object is cached.
    const content = Buffer.from(this.#joined().subarray(0, header.size));
    this.#consume(header.size + 1);
    request?.resolve({ ...header, content });
    return true;
  }
}
