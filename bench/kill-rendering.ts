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

/** Of the last commit that was asked for: cell → path → blob id; `undefined`: it is invalid. */
const expected = new Map<string, ReadonlyMap<string, ReadonlyMap<string, string>> | undefined>();

function renderingOf(directory: string, commit: string): ReadonlyMap<string, ReadonlyMap<string, string>> | undefined {
  if (!expected.has(commit)) {
    const rendered = renderCells(stateAt(directory, commit));
    const wanted = 'cells' in rendered ? new Map([...rendered.cells].map(([cell, { files }]) => [cell, new Map([...files].map(([path, text]) => [path, objectId('blob', Buffer.from(text))]))])) : undefined;
    expected.clear();
    expected.set(commit, wanted);
  }
  return expected.get(commit);
}

/** `open <commit> <cells as JSON>`: what a started writer said, against a rendering that shares nothing with the engine. */
export function cellsDiffer(directory: string, opened: string): readonly string[] {
  const [, commit = '', json = '{}'] = opened.split(' ');
  const cells = JSON.parse(json) as Record<string, string>;
  const wanted = renderingOf(directory, commit);
  if (wanted === undefined) return [`invalid ${commit}`];
  return [...wanted].flatMap(([cell, files]) => differences(directory, { cell, source: commit, files, commit: cells[cell] }));
}

/** Each cell's branch, against such a rendering of the commit that it says it comes from. */
export function branchesDiffer(directory: string): readonly string[] {
  const lines = stockGit(directory, ['for-each-ref', '--format=%(refname:lstrip=3) %(objectname) %(trailers:key=Source-Commit,valueonly)', 'refs/heads/cells']).split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line) => {
    const [cell = '', commit = '', source = ''] = line.split(' ');
    const files = renderingOf(directory, source)?.get(cell);
    return files === undefined ? [`rendering ${cell} of ${source}, which has no such cell`] : differences(directory, { cell, source, files, commit });
  });
}

interface Comparison {
  readonly cell: string;
  readonly source: string;
  readonly files: ReadonlyMap<string, string>;
  readonly commit: string | undefined;
}

function differences(directory: string, { cell, source, files, commit }: Comparison): readonly string[] {
  const found = commit === undefined ? new Map<string, string>() : filesOf(directory, commit);
  const wrong = [...new Set([...files.keys(), ...found.keys()])].filter((path) => files.get(path) !== found.get(path));
  return wrong.slice(0, 3).map((path) => `rendering ${cell} at ${source}: ${path}`);
}
