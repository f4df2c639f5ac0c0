import type { ZipEntry } from '../zip/read-zip.ts';
import type { BootLayer, BootLayout } from './inspection.ts';
import type { Recognised } from './recognise.ts';

/** Libraries in class path order (classpath.idx, else the JAR's) and layers (layers.idx, else dependencies, snapshots, application). */
export async function bootLayout(entries: readonly ZipEntry[], boot: NonNullable<Recognised['boot']>, text: (name: string) => Promise<string | undefined>): Promise<BootLayout> {
  const { classes, libraries } = boot;
  const present = entries.map((entry) => entry.name).filter((name) => name.startsWith(libraries) && name.endsWith('.jar'));
  const known = new Set(present);
  const listed = parseList((await text(boot.classPathIndex)) ?? '').map((name) => (name.startsWith(libraries) ? name : libraries + name));
  const ordered = listed.filter((name) => known.has(name));
  const layers = parseLayers((await text(boot.layersIndex)) ?? '');
  return { classes, libraries, classPath: [...new Set([...ordered, ...present])], layers: layers.length > 0 ? layers : defaultLayers(present) };
}

/** Lines of `- "value"`. */
function parseList(text: string): readonly string[] {
  return text.split('\n').map((line) => /^- "(.*)"\s*$/.exec(line)?.[1]).filter((value) => value !== undefined);
}

/** Lines of `- "layer":`, each followed by lines of `  - "path"`. */
function parseLayers(text: string): readonly BootLayer[] {
  const layers: { name: string; paths: string[] }[] = [];
  for (const line of text.split('\n')) {
    const name = /^- "(.*)":\s*$/.exec(line)?.[1];
    const path = /^ {2}- "(.*)"\s*$/.exec(line)?.[1];
    if (name !== undefined) layers.push({ name, paths: [] });
    else if (path !== undefined) layers.at(-1)?.paths.push(path);
  }
  return layers;
}

function defaultLayers(libraries: readonly string[]): readonly BootLayer[] {
  const snapshots = libraries.filter((name) => name.endsWith('-SNAPSHOT.jar'));
  return [
    { name: 'dependencies', paths: libraries.filter((name) => !name.endsWith('-SNAPSHOT.jar')) },
    { name: 'snapshot-dependencies', paths: snapshots },
    { name: 'application', paths: [''] },
  ];
}
