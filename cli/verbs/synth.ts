import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { refuseInvalid } from '../offline/invalid.ts';
import { readStateFolder } from '../offline/read-state-folder.ts';
import { renderCells } from '../offline/render-cells.ts';
import { table } from '../render/table.ts';
import type { Session } from '../session.ts';

/** Writes each cell's tree to `OUT/<cell>/`, the same files that stand on the branch `cells/<cell>`. */
export async function synth(session: Session, folder: string, options: { readonly out: string }): Promise<ExitCode> {
  const { files, shown } = await readStateFolder(session.io.cwd, folder);
  const rendered = renderCells(files);
  if (!('cells' in rendered)) return refuseInvalid(session, rendered, shown);
  const out = resolve(session.io.cwd, options.out);
  await refuseFull(out, options.out);
  for (const [name, { files: tree }] of rendered.cells) await writeTree(join(out, name), tree);
  const rows = [...rendered.cells].map(([cell, { files: tree }]) => ({ cell, files: tree.size, folder: join(options.out, cell) }));
  session.print({ tenants: rendered.tenants, cells: rows }, () => table(['CELL', 'FILES', 'FOLDER'], rows.map((row) => [row.cell, String(row.files), row.folder])));
  return exitCodes.ok;
}

async function refuseFull(folder: string, shown: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) return;
  throw new CliError('folder_not_empty', `${shown} is not empty, and files that are rendered no longer would stay in it.`, { next: 'name a new folder, or empty it first' });
}

async function writeTree(folder: string, tree: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of tree) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
