import { ImageError } from '../image-error.ts';
import type { BootLayout, Inspection } from '../inspect/inspection.ts';
import { arrange, type TarEntry } from '../tar/tar-writer.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { entryContent, hastyContent, isSmall, rawBytes } from '../zip/entry-content.ts';
import { pagedSource } from '../zip/paged-source.ts';
import type { ZipEntry } from '../zip/read-zip.ts';

export interface LayerPlan {
  readonly name: string;
  readonly entries: readonly TarEntry[];
}

export interface ImagePlan {
  readonly layers: readonly LayerPlan[];
  /** After `java`. */
  readonly command: readonly string[];
}

/** Where add-ons (the agent) are found; empty unless an agent's layer fills it. */
const addonsFolder = 'cameleer/addons';

/**
 * What stands in which layer, and how it starts. A Spring Boot JAR is taken apart in the order of its layers, each split
 * into resources and classes; any other JAR stays one file, byte for byte. Throws ImageError `duplicate_entry` when a file
 * stands where a folder is needed.
 */
export function planImage(source: ByteSource, inspection: Inspection): ImagePlan {
  const addons: LayerPlan = { name: 'addons', entries: arrange([{ path: addonsFolder, kind: 'directory', size: 0 }]) };
  const { boot, mainClass, launch, jvmFlags } = inspection;
  if (boot !== undefined) {
    const paths = ['/app/classes', ...boot.classPath.map((name) => `/${libraryPath(boot, name)}`)];
    return { layers: [addons, ...bootLayers(source, inspection.entries, boot)], command: [...jvmFlags, ...byClassPath(paths, mainClass)] };
  }
  const jar: TarEntry = { path: 'app/app.jar', kind: 'file', size: source.size, content: (scratch) => rawBytes(source, { start: 0, length: source.size }, scratch) };
  const command = launch === 'jar' ? ['-jar', '/app/app.jar'] : [...jvmFlags, ...byClassPath(['/app/app.jar'], mainClass)];
  return { layers: [addons, { name: 'application', entries: arrange([jar]) }], command };
}

/** Libraries one by one: Java expands `*` in the order of the folder, which differs between machines. */
function byClassPath(paths: readonly string[], mainClass: string): readonly string[] {
  return ['-cp', `${paths.join(':')}:/${addonsFolder}/*`, mainClass];
}

function bootLayers(source: ByteSource, entries: readonly ZipEntry[], boot: BootLayout): readonly LayerPlan[] {
  const placed = placeEntries(source, entries, boot);
  const layers: LayerPlan[] = [];
  for (const [index, { name }] of [...boot.layers, { name: 'other' }].entries()) {
    const mine = placed.filter((each) => each.layer === index);
    const classes = mine.filter((each) => each.entry.path.endsWith('.class'));
    const rest = mine.filter((each) => !each.entry.path.endsWith('.class'));
    const libraries = rest.some((each) => each.entry.path.startsWith('app/lib/'));
    if (rest.length > 0) layers.push(layerOf(libraries ? name : `${name}-resources`, rest));
    if (classes.length > 0) layers.push(layerOf(`${name}-classes`, classes));
  }
  return layers;
}

interface Placed {
  readonly layer: number;
  readonly entry: TarEntry;
}

function layerOf(name: string, placed: readonly Placed[]): LayerPlan {
  return { name, entries: arrange(placed.map((each) => each.entry)) };
}

function placeEntries(source: ByteSource, entries: readonly ZipEntry[], boot: BootLayout): readonly Placed[] {
  const byPath = new Map<string, Placed>();
  const near = pagedSource(source);
  // What the application itself brings wins over what stands in the root of the JAR.
  for (const entry of [...entries].sort((a, b) => rank(a, boot) - rank(b, boot))) {
    const path = targetPath(entry, boot);
    if (path === undefined || byPath.has(path)) continue;
    const from = isSmall(entry) ? near : source;
    const content: TarEntry['content'] = (scratch) => (scratch === undefined ? entryContent(from, entry) : hastyContent(from, entry, scratch));
    byPath.set(path, { layer: layerIndex(entry.name, boot), entry: { path, kind: 'file', size: entry.size, content } });
  }
  refuseFilesAsFolders(byPath);
  return [...byPath.values()];
}

function rank(entry: ZipEntry, boot: BootLayout): number {
  return entry.name.startsWith(boot.classes) ? 0 : 1;
}

function libraryPath(boot: BootLayout, name: string): string {
  return `app/lib/${name.slice(boot.libraries.length)}`;
}

const notOnTheClassPath = [/^org\/springframework\/boot\/loader\//, /^META-INF\/services\/java\.nio\.file\.spi\.FileSystemProvider$/, /^META-INF\/[^/]+\.(?:SF|RSA|DSA|EC)$/, /^BOOT-INF\//];

/** Classes and the JAR's root (which the launcher's parent loader sees) to /app/classes; the launcher itself isn't needed. */
function targetPath(entry: ZipEntry, boot: BootLayout): string | undefined {
  if (entry.directory) return undefined;
  if (entry.name.startsWith(boot.classes)) return `app/classes/${entry.name.slice(boot.classes.length)}`;
  if (entry.name.startsWith(boot.libraries)) return libraryPath(boot, entry.name);
  return notOnTheClassPath.some((pattern) => pattern.test(entry.name)) ? undefined : `app/classes/${entry.name}`;
}

/** The first layer that names the entry or a folder above it; one more than the last when none does. */
function layerIndex(name: string, boot: BootLayout): number {
  const index = boot.layers.findIndex((layer) => layer.paths.some((path) => path === name || path === '' || (path.endsWith('/') && name.startsWith(path))));
  return index === -1 ? boot.layers.length : index;
}

function refuseFilesAsFolders(byPath: ReadonlyMap<string, unknown>): void {
  for (const path of byPath.keys()) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      if (byPath.has(path.slice(0, slash))) throw new ImageError('duplicate_entry', `In the JAR ${JSON.stringify(path.slice('app/'.length, slash))} is a file and a folder. Rename one of them.`);
    }
  }
}
