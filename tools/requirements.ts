// `npm test` and `npm run demo` run real Camel applications: says within a second what is missing on this machine.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(program: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

function inJavaHome(program: string): string | undefined {
  const file = join(process.env['JAVA_HOME'] ?? '/nonexistent', 'bin', program);
  return isExecutable(file) ? file : undefined;
}

function version(program: string, args: readonly string[], pattern: RegExp): readonly number[] {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return (pattern.exec(`${stdout}${stderr}`)?.slice(1) ?? []).map(Number);
}

function jdkSentence(): string | undefined {
  const javac = inJavaHome('javac') ?? onPath('javac');
  const install = 'install a JDK of version 17 or later (Debian: `apt-get install openjdk-17-jdk-headless`; macOS: `brew install openjdk@17`) and put it on the PATH or in JAVA_HOME.';
  if (javac === undefined) return `No JDK was found (\`javac\` is neither in JAVA_HOME nor on the PATH): ${install}`;
  const [major = 0] = version(javac, ['-version'], /(\d+)/);
  return major < 17 ? `The JDK found is ${major}: ${install}` : undefined;
}

function gitSentence(): string | undefined {
  const git = onPath('git');
  if (git === undefined) return 'git was not found: install git 2.39 or later (Debian: `apt-get install git`).';
  const [major = 0, minor = 0] = version(git, ['--version'], /(\d+)\.(\d+)/);
  return major * 1000 + minor < 2039 ? `git 2.39 or later is needed; this is ${major}.${minor}.` : undefined;
}

/** Sentences that say what to install; empty when everything is there. */
export function missingRequirements(): readonly string[] {
  const maven = 'Maven was not found: install Maven 3.8 or later (Debian: `apt-get install maven`; macOS: `brew install maven`) and put `mvn` on the PATH.';
  const sshKeygen = 'ssh-keygen was not found: install an OpenSSH client (Debian: `apt-get install openssh-client`).';
  const sentences = [jdkSentence(), onPath('mvn') === undefined ? maven : undefined, onPath('ssh-keygen') === undefined ? sshKeygen : undefined, gitSentence()];
  return sentences.filter((sentence) => sentence !== undefined);
}

if (import.meta.main) {
  const missing = missingRequirements();
  for (const sentence of missing) console.error(sentence);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
