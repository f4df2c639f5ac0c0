import { join, resolve } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { readFolder, type RawFile } from '../../schemas/index.ts';
import type { RenderedFiles } from '../../synth/index.ts';
import { CliError } from '../errors.ts';

/**
 * Manifests of a folder that somebody may have edited, in the form that synth writes: one object a file, block style. So
 * JSON, several documents and Lists can hide nothing from a proof. Paths keep their file's name in front.
 */
export async function readManifests(cwd: string, folder: string): Promise<RenderedFiles> {
  const manifests = new Map<string, string>();
  for (const file of await read(cwd, folder)) {
    const objects = objectsOf(file, folder);
    for (const [index, object] of objects.entries()) manifests.set(index === 0 ? file.path : `${file.path}#${index + 1}`, stringify(object, { aliasDuplicateObjects: false }));
  }
  return manifests;
}

async function read(cwd: string, folder: string): Promise<readonly RawFile[]> {
  try {
    // Charts are templates, and no manifests.
    return (await readFolder(resolve(cwd, folder))).filter(({ path }) => /\.(?:ya?ml|json)$/.test(path) && !path.startsWith('charts/'));
  } catch (error) {
    throw new CliError('file_not_readable', `${folder} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { next: 'name a folder that `cameleer synth STATE --out FOLDER` wrote', cause: error });
  }
}

function objectsOf({ path, bytes }: RawFile, folder: string): readonly unknown[] {
  const documents = parseAllDocuments(Buffer.from(bytes ?? new Uint8Array()).toString('utf8'));
  const list = 'empty' in documents ? [] : documents;
  const broken = list.find(({ errors }) => errors.length > 0);
  if (bytes === undefined || broken !== undefined) {
    throw new CliError('file_not_readable', `${join(folder, path)} is not readable YAML${broken === undefined ? '' : `: ${firstLine(broken.errors[0]?.message)}`}.`, { next: 'correct it: a proof must not skip a file' });
  }
  return list.flatMap((document) => {
    const object = document.toJS() as { kind?: string; items?: readonly unknown[] } | null;
    if (object === null) return [];
    return object.kind?.endsWith('List') === true && Array.isArray(object.items) ? object.items : [object];
  });
}

/** The library draws the place below its sentence. */
function firstLine(message = ''): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
