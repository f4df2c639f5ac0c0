import { ImageError } from '../image-error.ts';
import type { Inspection } from './inspection.ts';

export interface Recognised {
  readonly kind: Inspection['kind'];
  readonly mainClass: string;
  readonly launch: Inspection['launch'];
  readonly jvmFlags: readonly string[];
  /** Folders of a Spring Boot JAR that can start by class path. */
  readonly boot?: { readonly classes: string; readonly libraries: string; readonly layersIndex: string; readonly classPathIndex: string };
}

type Attributes = ReadonlyMap<string, string>;
type Names = ReadonlyMap<string, unknown>;
interface Classes {
  readonly main: string;
  readonly start: string;
}

const className = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u;

/** The runtime, by manifest and marker classes. Throws ImageError `no_main_class`, `not_self_contained`. */
export function recognise(manifest: Attributes, names: Names): Recognised {
  const main = manifest.get('Main-Class');
  if (main === undefined || main === '') {
    throw new ImageError('no_main_class', 'The JAR\'s manifest names no Main-Class, so there is nothing to start. Build an executable JAR with its dependencies inside (maven-shade-plugin, spring-boot-maven-plugin, or a Quarkus uber-jar).');
  }
  if (!className.test(main)) throw new ImageError('no_main_class', `The JAR's manifest names ${JSON.stringify(main.slice(0, 120))} as Main-Class, which can't be the name of a class. Write it like com.acme.Orders.`);
  const start = manifest.get('Start-Class');
  if (start !== undefined && main.startsWith('org.springframework.boot.loader.')) return springBoot(manifest, names, { main, start });
  if (main === 'io.quarkus.bootstrap.runner.QuarkusEntryPoint' && !names.has('quarkus/quarkus-application.dat')) {
    throw new ImageError('not_self_contained', 'This is quarkus-run.jar, only the launcher of the quarkus-app folder. Build one JAR: -Dquarkus.package.jar.type=uber-jar.');
  }
  return { kind: kindOf(main, names), mainClass: main, ...byClassPath(manifest) };
}

function kindOf(main: string, names: Names): Inspection['kind'] {
  if (main.startsWith('io.quarkus.')) return 'quarkus';
  return names.has('org/apache/camel/main/Main.class') ? 'camel-main' : 'plain';
}

/** Wars, custom launchers and libraries that a class path can't name keep their own way of starting. */
function springBoot(manifest: Attributes, names: Names, { main, start }: Classes): Recognised {
  const classes = manifest.get('Spring-Boot-Classes') ?? 'BOOT-INF/classes/';
  const libraries = manifest.get('Spring-Boot-Lib') ?? 'BOOT-INF/lib/';
  const usual = /\.(?:JarLauncher|PropertiesLauncher)$/.test(main) && classes === 'BOOT-INF/classes/' && libraries === 'BOOT-INF/lib/';
  const rest = byClassPath(manifest);
  const nameable = names.keys().every((name) => !name.startsWith(libraries) || !name.includes(':'));
  if (!usual || !nameable || !className.test(start) || rest.launch === 'jar') return { kind: 'spring-boot', mainClass: main, launch: 'jar', jvmFlags: [] };
  const layersIndex = manifest.get('Spring-Boot-Layers-Index') ?? 'BOOT-INF/layers.idx';
  const classPathIndex = manifest.get('Spring-Boot-Classpath-Index') ?? 'BOOT-INF/classpath.idx';
  return { kind: 'spring-boot', mainClass: start, ...rest, boot: { classes, libraries, layersIndex, classPathIndex } };
}

const flagOf: Readonly<Record<string, string>> = { 'Add-Opens': '--add-opens', 'Add-Exports': '--add-exports' };

/** `-jar` gives a manifest powers that a class path doesn't: what can be said as a flag is, an agent in the JAR can't. */
function byClassPath(manifest: Attributes): Pick<Recognised, 'launch' | 'jvmFlags'> {
  if (manifest.has('Launcher-Agent-Class')) return { launch: 'jar', jvmFlags: [] };
  const packages = Object.entries(flagOf).flatMap(([attribute, flag]) =>
    (manifest.get(attribute) ?? '').split(/\s+/).filter((value) => /^[\w.]+\/[\w.]+$/.test(value)).map((value) => `${flag}=${value}=ALL-UNNAMED`),
  );
  return { launch: 'classpath', jvmFlags: packages };
}
