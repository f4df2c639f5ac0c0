/** Buffers used in turn: what a read answers is overwritten `count` reads later. Fresh megabytes cost more than their hash. */
export class Scratch {
  readonly #buffers: readonly Buffer[];
  #next = 0;

  constructor(count: number, bytes: number) {
    this.#buffers = Array.from({ length: count }, () => Buffer.allocUnsafe(bytes));
  }

  take(length: number): Buffer {
    const buffer = this.#buffers[this.#next];
    this.#next = (this.#next + 1) % this.#buffers.length;
    return buffer === undefined || buffer.length < length ? Buffer.allocUnsafe(length) : buffer.subarray(0, length);
  }
}
