import { execFileSync } from 'node:child_process';
import { MAX_FILE_BYTES } from '../schemas/index.ts';
import type { RawFile } from '../schemas/index.ts';
import { renderCells } from '../cli/offline/render-cells.ts';
import { objectId } from '../engine/git/index.ts';
import { stockGit } from '../engine/testing/stock-git.ts';

/** Path → blob id of a commit's files, by stock git. */
function filesOf(directory: string, commit: string): ReadonlyMap<string, string> {
  const lines = stockGit(directory, ['ls-tree', '-r', '-z', commit]).split('\0').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.split(/[ \t]/)[2] ?? '']));
}

function stateAt(directory: string, commit: string): readonly RawFile[] {
  return [...filesOf(directory, commit)].map(([path, oid]) => {
    const bytes = execFileSync('git', ['-C', directory, 'cat-file', 'blob', oid], { maxBuffer: MAX_FILE_BYTES * 2 });
    return { path, mode: 'file', oid, size: bytes.length, bytes } as const;
  });
}

const expected = new Map<string, ReadonlyMap<string, ReadonlyMap<string, string>>>();

/** `open <commit> <cells as JSON>`: what a started writer said, against a rendering that shares nothing with the engine. */
export function cellsDiffer(directory: string, opened: string): readonly string[] {
  const [, commit = '', json = '{}'] = opened.split(' ');
  const cells = JSON.parse(json) as Record<string, string>;
  let wanted = expected.get(commit);
  if (wanted === undefined) {
    const rendered = renderCells(stateAt(directory, commit));
    if (!('cells' in rendered)) return [`invalid ${commit}`];
    wanted = new Map([...rendered.cells].map(([cell, { files }]) => [cell, new Map([...files].map(([path, text]) => [path, objectId('blob', Buffer.from(text))]))]));
    expected.clear();
    expected.set(commit, wanted);
  }
  return [...wanted].flatMap(([cell, files]) => {
    const found = cells[cell] === undefined ? new Map<string, string>() : filesOf(directory, cells[cell]);
    const wrong = [...new Set([...files.keys(), ...found.keys()])].filter((path) => files.get(path) !== found.get(path));
    return wrong.slice(0, 3).map((path) => `rendering ${cell} at ${commit}: ${path}`);
  });
}
