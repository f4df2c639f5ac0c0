import { join, resolve } from 'node:path';
import { readFolder } from '../../schemas/index.ts';
import { proveCell, type Opening, type RenderedFiles } from '../../synth/index.ts';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { refuseInvalid } from '../offline/invalid.ts';
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
  const proved: Proved[] = [];
  for (const [name, { cell, files: own }] of rendered.cells) {
    const tree = options.rendered === undefined ? own : await readTree(session.io.cwd, join(options.rendered, name));
    proved.push({ cell: name, files: tree.size, openings: proveCell(tree, cell) });
  }
  const isolated = proved.every(({ openings }) => openings.length === 0);
  session.print({ isolated, tenants: rendered.tenants, cells: proved }, (palette) =>
    proved.flatMap((cell) => lines(cell, palette)).join('\n'),
  );
  return isolated ? exitCodes.ok : exitCodes.failed;
}

function lines({ cell, files, openings }: Proved, palette: Palette): string[] {
  if (openings.length === 0) return [`${palette.green('isolated')} ${cell}: ${files} files, no path between tenants or to an excluded range`];
  const open = openings.map((opening) => `${palette.red('open')} ${cell}: ${clean(opening.message)} [${opening.because.map(clean).join(', ')}]`);
  return open.concat(`${palette.red('not isolated')} ${cell}: ${openings.length} open`);
}

async function readTree(cwd: string, folder: string): Promise<RenderedFiles> {
  try {
    return new Map((await readFolder(resolve(cwd, folder))).map(({ path, bytes }) => [path, Buffer.from(bytes ?? new Uint8Array()).toString('utf8')]));
  } catch (error) {
    throw new CliError('file_not_readable', `${folder} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { next: 'name a folder that `cameleer synth STATE --out FOLDER` wrote', cause: error });
  }
}
