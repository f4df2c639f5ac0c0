import { isMap, isScalar, isSeq, type Document, type Node } from 'yaml';
import type { Position } from '../problem.ts';
import { readDocument } from './yaml.ts';

/** Line and column, from 1, of an offset. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', next + 1)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Finds pointers in one parsed file. */
export class Positions {
  readonly #document: Document;
  readonly #lines: readonly number[];

  constructor(text: string, document: Document = readDocument(text)) {
    this.#document = document;
    const lines = [0];
    for (let next = text.indexOf('\n'); next !== -1; next = text.indexOf('\n', next + 1)) lines.push(next + 1);
    this.#lines = lines;
  }

  /** Position of the value, or of the field's name, that a pointer names; of its nearest existing ancestor when there is none. */
  locate(pointer: string, at: 'key' | 'value' = 'value'): Position {
    let node: unknown = this.#document.contents;
    let key: unknown;
    for (const part of pointer === '' ? [] : pointer.slice(1).split('/')) {
      const next = step(node, part.replaceAll('~1', '/').replaceAll('~0', '~'));
      if (next === undefined) return this.#position(pointer, node);
      ({ key, value: node } = next);
    }
    return this.#position(pointer, at === 'key' && key !== undefined ? key : (startOf(node) === undefined ? key : node));
  }

  #position(pointer: string, node: unknown): Position {
    return { ...this.at(startOf(node) ?? 0), pointer };
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lines[low] ?? 0) + 1 };
  }
}

function step(node: unknown, part: string): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === part);
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  if (isSeq(node) && /^(?:0|[1-9]\d*)$/.test(part) && Number(part) < node.items.length) return { key: undefined, value: node.items[Number(part)] };
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
