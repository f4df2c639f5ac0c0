import type { Output } from '../io.ts';
import type { Palette } from './palette.ts';
import { bytes } from './time.ts';

export interface Progress {
  /** Bytes sent since the last call. */
  advance(count: number): void;
  /** Draws the last state and ends the line; safe to call twice. */
  finish(): void;
}

const barWidth = 24;
const redrawMilliseconds = 80;

/** A bar that redraws one line on a terminal; elsewhere one line for each quarter, so that a CI log stays readable. */
export function uploadProgress(output: Output, label: string, total: number, options: { palette: Palette; now: () => Date }): Progress {
  return output.isTTY ? bar(output, label, total, options) : lines(output, label, total);
}

function percentOf(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}

function lines(output: Output, label: string, total: number): Progress {
  let done = 0;
  let shown = 0;
  return {
    advance(count) {
      done += count;
      const quarter = Math.floor(percentOf(done, total) / 25);
      if (quarter > shown) output.write(`${label}: ${quarter * 25} % of ${bytes(total)}\n`);
      shown = Math.max(shown, quarter);
    },
    finish() {
      // The last quarter has said it all.
    },
  };
}

function bar(output: Output, label: string, total: number, { palette, now }: { palette: Palette; now: () => Date }): Progress {
  let done = 0;
  let drawn = 0;
  let finished = false;
  const draw = (): void => {
    const percent = percentOf(done, total);
    const full = Math.round((percent / 100) * barWidth);
    const text = `${label} ${palette.green('█'.repeat(full))}${palette.dim('░'.repeat(barWidth - full))} ${String(percent).padStart(3)} % ${bytes(done)} of ${bytes(total)}`;
    output.write(`\r\u001B[2K${text}`);
  };
  return {
    advance(count) {
      done += count;
      const time = now().getTime();
      if (time - drawn < redrawMilliseconds) return;
      drawn = time;
      draw();
    },
    finish() {
      if (finished) return;
      finished = true;
      draw();
      output.write('\n');
    },
  };
}
