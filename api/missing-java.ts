import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What to install when this machine has no Java where the local runner looks for it; nothing when it has. */
export function missingJava(environment: Readonly<Record<string, string | undefined>>, configured: string | undefined): readonly string[] {
  const home = environment['JAVA_HOME'];
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const places = configured !== undefined ? [configured] : home !== undefined && home !== '' ? [join(home, 'bin', 'java')] : folders.map((folder) => join(folder, 'java'));
  if (places.some(isExecutable)) return [];
  return ['No Java found: applications wait until a Java runtime, version 17 or newer, is on the PATH or named by JAVA_HOME or CAMELEER_JAVA (on Debian, `apt-get install openjdk-17-jre-headless`).'];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
