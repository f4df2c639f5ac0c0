const mostAtStart = 64 * 1024;
const mostAtEnd = 192 * 1024;

/** What a process says, at most its beginning and its end: what went wrong stands in either, whatever was said in between. */
export class KeptText {
  #start = '';
  #end = '';
  #cut = false;

  add(text: string): void {
    const room = mostAtStart - this.#start.length;
    this.#start += text.slice(0, room);
    this.#end += text.slice(room);
    if (this.#end.length <= 2 * mostAtEnd) return;
    this.#end = this.#end.slice(-mostAtEnd);
    this.#cut = true;
  }

  /** Lines that are not whole any more are left out. */
  toString(): string {
    if (!this.#cut) return this.#start + this.#end;
    return `${this.#start.slice(0, this.#start.lastIndexOf('\n') + 1)}${this.#end.slice(this.#end.indexOf('\n') + 1)}`;
  }
}
