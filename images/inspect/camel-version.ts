import type { ZipEntry } from '../zip/read-zip.ts';

const library = /(?:^|[/.])camel-(?:api|main|core-engine|base)-(\d[\w.-]{0,60})\.jar$/;
const pom = /^META-INF\/maven\/org\.apache\.camel\/camel-(?:api|main|core-engine|base)\/pom\.properties$/;

/**
 * Camel's version: from the names of the libraries inside, else from Maven's properties in a shaded JAR
 * (component.properties says SNAPSHOT in released JARs, too).
 */
export async function camelVersion(entries: readonly ZipEntry[], text: (name: string) => Promise<string | undefined>): Promise<string | undefined> {
  for (const { name } of entries) {
    const version = library.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  for (const { name } of entries) {
    if (!pom.test(name)) continue;
    const version = /^version=(\d[\w.-]{0,60})\s*$/m.exec((await text(name)) ?? '')?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}
