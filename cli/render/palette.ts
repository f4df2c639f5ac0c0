import type { Io, Output } from '../io.ts';

export interface Palette {
  readonly enabled: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const plain = (text: string): string => text;

function wrap(open: number, close: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001B[${open}m${text}\u001B[${close}m`);
}

export const noColour: Palette = { enabled: false, bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

const colour: Palette = { enabled: true, bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) };

/** Colour only on a terminal that can show it, and never with a non-empty `NO_COLOR` (no-color.org). */
export function paletteFor(output: Output, env: Io['env']): Palette {
  return output.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' ? colour : noColour;
}
