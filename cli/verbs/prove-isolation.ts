import { join } from 'node:path';
import { proveCell, type Opening } from '../../synth/index.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { refuseInvalid } from '../offline/invalid.ts';
import { readManifests } from '../offline/read-manifests.ts';
import { readStateFolder } from '../offline/read-state-folder.ts';
import { renderCells } from '../offline/render-cells.ts';
import type { Palette } from '../render/palette.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';

interface Proved {
  readonly cell: string;
  readonly files: number;
  readonly openings: readonly Opening[];
}

/** Proves every cell's whole tree; each path that is open is named with the policies that open it. */
export async function proveIsolation(session: Session, folder: string, options: { readonly rendered?: string }): Promise<ExitCode> {
  const { files, shown } = await readStateFolder(session.io.cwd, folder);
  const rendered = renderCells(files);
  if (!('cells' in rendered)) return refuseInvalid(session, rendered, shown);
  const cells = [...rendered.cells.values()].map(({ cell }) => cell.object);
  const proved: Proved[] = [];
  for (const [name, { cell, files: own }] of rendered.cells) {
    const tree = options.rendered === undefined ? own : await readManifests(session.io.cwd, join(options.rendered, name));
    proved.push({ cell: name, files: tree.size, openings: proveCell(tree, cell.object, cells) });
  }
  const isolated = proved.every(({ openings }) => openings.length === 0);
  session.print({ isolated, tenants: rendered.tenants, cells: proved }, (palette) =>
    proved.flatMap((cell) => lines(cell, palette)).join('\n'),
  );
  return isolated ? exitCodes.ok : exitCodes.failed;
}

function lines({ cell, files, openings }: Proved, palette: Palette): string[] {
  if (openings.length === 0) return [`${palette.green('isolated')} ${cell}: ${files} files, no path between tenants or to an excluded range`];
  // Pods that differ in nothing a policy sees open the same path: it is said once.
  const open = [...new Set(openings.map((opening) => `${palette.red('open')} ${cell}: ${clean(opening.message)}`))];
  return [...open, `${palette.red('not isolated')} ${cell}: ${open.length === 1 ? '1 path is' : `${open.length} paths are`} open`];
}
