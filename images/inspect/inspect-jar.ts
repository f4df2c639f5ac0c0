import { open } from 'node:fs/promises';
import { ImageError } from '../image-error.ts';
import { defaultJarLimits, type JarLimits } from '../jar-limits.ts';
import { fileSource, type ByteSource } from '../zip/byte-source.ts';
import { readEntry } from '../zip/entry-content.ts';
import { readZip, type ZipEntry } from '../zip/read-zip.ts';
import { bootLayout } from './boot-layout.ts';
import { camelVersion } from './camel-version.ts';
import { checkEntries } from './check-entries.ts';
import type { Inspection } from './inspection.ts';
import { lookInside } from './look-inside.ts';
import { mainClassSeeker } from './main-class-seeker.ts';
import { parseManifest } from './manifest.ts';
import { recognise } from './recognise.ts';

const maxTextBytes = 4 * 1024 * 1024;
const component = /^META-INF\/services\/org\/apache\/camel\/component\/([^/]{1,64})$/;
const routeFile = /^(?:BOOT-INF\/classes\/)?(camel\/.+\.ya?ml)$/;

/**
 * Checks the JAR and says what it is. Reads the lists of entries and a few small files, never the whole JAR. Throws
 * ImageError; a limit that is not given is the default's.
 */
export async function inspectJar(path: string, limits: Partial<JarLimits> = {}): Promise<Inspection> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await inspect(fileSource(file, { start: 0, size }), { ...defaultJarLimits, ...limits });
  } finally {
    await file.close();
  }
}

async function inspect(source: ByteSource, limits: JarLimits): Promise<Inspection> {
  if (source.size > limits.maxBytes) throw new ImageError('jar_too_large', `The JAR is larger than ${limits.maxBytes} bytes. Make it smaller, or ask for a higher tier.`);
  const entries = await readZip(source, limits.maxEntries);
  checkEntries(entries, source.size, limits);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const text = (name: string): Promise<string | undefined> => readText(source, byName.get(name));

  const found = recognise(parseManifest((await text('META-INF/MANIFEST.MF')) ?? ''), byName);
  const seeker = mainClassSeeker(found, byName);
  const components = new Set<string>();
  const note = (entry: ZipEntry): void => {
    const scheme = component.exec(entry.name)?.[1];
    if (scheme !== undefined) components.add(scheme);
  };
  for (const entry of entries) note(entry);
  await lookInside(source, entries, limits, (entry) => {
    note(entry);
    seeker.visitLibrary(entry.name);
  });
  seeker.end();

  const version = await camelVersion(entries, text);
  const boot = found.boot === undefined ? undefined : await bootLayout(entries, found.boot, text);
  return {
    kind: found.kind,
    mainClass: found.mainClass,
    launch: found.launch,
    ...(version === undefined ? {} : { camelVersion: version }),
    components: [...components].sort().slice(0, 1000),
    routeFiles: routeFilesOf(entries),
    jvmFlags: found.jvmFlags,
    ...(boot === undefined ? {} : { boot }),
    size: source.size,
    entries,
  };
}

function routeFilesOf(entries: readonly ZipEntry[]): readonly string[] {
  const names = entries.map((entry) => routeFile.exec(entry.name)?.[1]).filter((name) => name !== undefined && name.length <= 512);
  return [...new Set(names as string[])].sort().slice(0, 1000);
}

async function readText(source: ByteSource, entry: ZipEntry | undefined): Promise<string | undefined> {
  if (entry === undefined || entry.size > maxTextBytes) return undefined;
  return (await readEntry(source, entry)).toString('utf8');
}
