import type { Release } from '../../schemas/types.ts';
import type { ZipEntry } from '../zip/read-zip.ts';

type Runtime = Release['spec']['runtime'];

/** How a Spring Boot JAR is laid out. */
export interface BootLayout {
  /** `BOOT-INF/classes/` */
  readonly classes: string;
  /** `BOOT-INF/lib/` */
  readonly libraries: string;
  /** Libraries in the order of the class path. */
  readonly classPath: readonly string[];
  /** Layers in their order: name and the entries (`a/b`) or folders (`a/`) that belong to it. */
  readonly layers: readonly BootLayer[];
}

export interface BootLayer {
  readonly name: string;
  readonly paths: readonly string[];
}

/** What a JAR is; the first six fields are those of a Release's `spec.runtime`. */
export interface Inspection {
  readonly kind: Runtime['kind'];
  /** Class that is started: `Start-Class` of a Spring Boot JAR, else `Main-Class`. */
  readonly mainClass: string;
  readonly launch: Runtime['launch'];
  readonly camelVersion?: string;
  /** Camel component schemes, sorted. */
  readonly components: readonly string[];
  /** YAML DSL files as the class path names them, sorted. */
  readonly routeFiles: readonly string[];
  /** `--add-opens` and its like, which the manifest asks for and which only `-jar` would honour. */
  readonly jvmFlags: readonly string[];
  /** Set when the JAR is taken apart into layers. */
  readonly boot?: BootLayout;
  /** The JAR's size in bytes and its entries in the order of its central directory. */
  readonly size: number;
  readonly entries: readonly ZipEntry[];
}
