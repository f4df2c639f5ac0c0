import { createTwoFilesPatch } from 'diff';
import type { ChangedObject, RenderedFile } from './rendered-changes.ts';

/** Lines around a difference. */
const context = 3;
/** Lines that come and go, beyond which the shortest difference is not looked for: that takes time by their square, and everybody's. */
const maxEditLength = 500;

/** A unified difference of both texts, without the file names, which stand beside it. Nothing of a Secret is shown, although it is encrypted. */
export function renderedDiff(file: RenderedFile, object: ChangedObject | undefined): string {
  if (object?.kind === 'v1/Secret') return '@@ encrypted, not shown @@\n';
  const [before, after] = [file.before ?? '', file.after ?? ''];
  const patch = createTwoFilesPatch('', '', before, after, undefined, undefined, { context, maxEditLength });
  return patch === undefined ? replacement(before, after) : patch.slice(patch.indexOf('@@'));
}

/** All of the one text for all of the other. */
function replacement(before: string, after: string): string {
  const [removed, added] = [linesOf(before), linesOf(after)];
  return [`@@ -${rangeOf(removed)} +${rangeOf(added)} @@`, ...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`), ''].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function rangeOf(lines: readonly string[]): string {
  return lines.length === 0 ? '0,0' : `1,${lines.length}`;
}
