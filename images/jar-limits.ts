/** What a JAR may be. `maxBytes` is the tier's; the others are the platform's. */
export interface JarLimits {
  readonly maxBytes: number;
  /** Entries of the JAR and of the JARs in it. */
  readonly maxEntries: number;
  /** Unpacked size as a multiple of the JAR's, above `ratioFloorBytes`. Deflate itself reaches 1,032; real JARs stay under 5. */
  readonly maxRatio: number;
  readonly ratioFloorBytes: number;
  /** JARs in JARs: 1 is a library in a Spring Boot JAR, 2 a JAR in such a library. */
  readonly maxNesting: number;
  /** A compressed JAR in the JAR is unpacked into memory to look at it. */
  readonly maxNestedBytes: number;
}

const MiB = 1024 * 1024;

export const defaultJarLimits: JarLimits = {
  maxBytes: 512 * MiB,
  maxEntries: 500_000,
  maxRatio: 25,
  ratioFloorBytes: 16 * MiB,
  maxNesting: 2,
  maxNestedBytes: 64 * MiB,
};
