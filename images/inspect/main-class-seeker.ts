import { ImageError } from '../image-error.ts';
import type { Recognised } from './recognise.ts';

export interface MainClassSeeker {
  /** An entry of a JAR inside: counts where the JARs inside are on the class path. */
  visitLibrary(name: string): void;
  /** Throws ImageError `no_main_class` when the class was nowhere. */
  end(): void;
}

/** Looks for the class that the manifest names, so that a JAR that can't start is refused before it is a release. */
export function mainClassSeeker({ mainClass, boot }: Recognised, names: ReadonlyMap<string, unknown>): MainClassSeeker {
  const file = `${mainClass.replaceAll('.', '/')}.class`;
  const versioned = (name: string): boolean => name.startsWith('META-INF/versions/') && name.endsWith(`/${file}`);
  let seen = names.has(`${boot?.classes ?? ''}${file}`) || names.keys().some(versioned);
  return {
    visitLibrary(name) {
      if (boot !== undefined && name === file) seen = true;
    },
    end() {
      if (seen) return;
      throw new ImageError('no_main_class', `The JAR's manifest names the main class ${mainClass}, but the JAR does not hold it. Correct the class name in the build, or put the program's own classes into the JAR.`);
    },
  };
}
