// `npm test` and `npm run demo` run real Camel applications: says within a second what is missing on this machine.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function onPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function version(program: string, args: readonly string[], pattern: RegExp): readonly number[] {
  const output = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return (pattern.exec(output)?.slice(1) ?? []).map(Number);
}

/** Sentences that say what to install; empty when everything is there. */
export function missingRequirements(): readonly string[] {
  const missing: string[] = [];
  const javac = onPath('javac');
  if (javac === undefined) missing.push('A JDK of version 17 or later is needed (`javac` is not on the PATH): on Debian, `apt-get install openjdk-17-jdk-headless`.');
  else if ((version(javac, ['-version'], /(\d+)/)[0] ?? 0) < 17) missing.push('The JDK on the PATH is older than 17: on Debian, `apt-get install openjdk-17-jdk-headless`.');
  if (onPath('mvn') === undefined) missing.push('Maven 3.8 or later is needed (`mvn` is not on the PATH): on Debian, `apt-get install maven`.');
  if (onPath('ssh-keygen') === undefined) missing.push('ssh-keygen is needed (it verifies signed commits): on Debian, `apt-get install openssh-client`.');
  const git = onPath('git');
  if (git === undefined) missing.push('git 2.39 or later is needed: on Debian, `apt-get install git`.');
  else {
    const [major = 0, minor = 0] = version(git, ['--version'], /(\d+)\.(\d+)/);
    if (major < 2 || (major === 2 && minor < 39)) missing.push(`git 2.39 or later is needed; this is ${major}.${minor}.`);
  }
  return missing;
}

if (import.meta.main) {
  const missing = missingRequirements();
  for (const sentence of missing) console.error(sentence);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
