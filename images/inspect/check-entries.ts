import { ImageError } from '../image-error.ts';
import type { JarLimits } from '../jar-limits.ts';
import type { ZipEntry } from '../zip/read-zip.ts';

const longestName = 4096;

/**
 * Refuses entries that lie about where they belong, that Java couldn't read, or that unpack to too much. Throws ImageError
 * `path_traversal`, `bad_entry_name`, `symlink_entry`, `encrypted_entry`, `unsupported_compression`, `duplicate_entry`,
 * `zip_bomb`.
 */
export function checkEntries(entries: readonly ZipEntry[], jarSize: number, limits: JarLimits): void {
  const seen = new Set<string>();
  let packed = 0;
  let unpacked = 0;
  for (const entry of entries) {
    checkName(entry.name);
    checkKind(entry);
    if (!entry.directory && seen.has(entry.name)) {
      throw new ImageError('duplicate_entry', `The JAR has two entries named ${shown(entry.name)}, and which one counts is anyone's guess. Let the build merge or drop duplicates (Maven: shade transformers; Gradle: duplicatesStrategy).`);
    }
    seen.add(entry.name);
    packed += entry.compressedSize;
    unpacked += entry.size;
  }
  if (packed > jarSize) throw new ImageError('zip_bomb', 'The JAR\'s entries share their bytes, which no build does. Build it again.');
  if (unpacked > Math.max(limits.ratioFloorBytes, limits.maxRatio * jarSize)) {
    throw new ImageError('zip_bomb', `The JAR unpacks to more than ${limits.maxRatio} times its size. Leave out the data that is so large, or load it at run time.`);
  }
}

function checkName(name: string): void {
  if (name === '' || name.includes('\0')) throw new ImageError('bad_entry_name', `The JAR has an entry without a usable name (${shown(name)}). Build it again.`);
  if (name.includes('\\') || name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..')) {
    throw new ImageError('path_traversal', `The JAR's entry ${shown(name)} points outside of the JAR. Only relative names with forward slashes and without ".." are allowed.`);
  }
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  if (name.length > longestName) throw new ImageError('bad_entry_name', `The JAR's entry ${shown(name)} has a name of more than ${longestName} characters. Shorten it.`);
  if (parts.some((part) => part === '' || part === '.')) {
    throw new ImageError('bad_entry_name', `The JAR's entry ${shown(name)} has an empty or "." part. Build the JAR with the JDK's or Maven's own tools.`);
  }
}

function checkKind(entry: ZipEntry): void {
  if (entry.symlink) throw new ImageError('symlink_entry', `The JAR's entry ${shown(entry.name)} is a symbolic link. Put the file itself there.`);
  if (entry.encrypted) throw new ImageError('encrypted_entry', `The JAR's entry ${shown(entry.name)} is encrypted, and Java can't read it. Build the JAR without encryption.`);
  if (entry.method !== 0 && entry.method !== 8) {
    throw new ImageError('unsupported_compression', `The JAR's entry ${shown(entry.name)} is compressed in a way that Java can't read. Build the JAR with the JDK's or Maven's own tools.`);
  }
}

/** Quoted and cut: the name is the sender's. */
function shown(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
