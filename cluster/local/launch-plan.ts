import { existsSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, relative } from 'node:path';
import type { UnpackedImage } from '../../images/index.ts';
import { PodStartError } from './pod-start-error.ts';
import { parseQuantity } from './quantities.ts';
import type { Container } from './shapes.ts';

export interface LaunchInput {
  readonly image: UnpackedImage;
  readonly container: Container;
  /** Java's executable on this machine. */
  readonly java: string;
  /** Environment of the container in its order, values resolved. */
  readonly env: Readonly<Record<string, string>>;
  /** Declared port → port on loopback. */
  readonly ports: Readonly<Record<string, number>>;
  /** Folder in the container → folder on this machine, for mounted secrets. */
  readonly mounts: Readonly<Record<string, string>>;
}

export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What to start for a container: the image's Entrypoint and Cmd with its paths mapped into the unpacked folder, Java from
 * this machine. The environment is the image's and the container's only; nothing of the control plane's own goes in.
 */
export function planLaunch(input: LaunchInput): LaunchPlan {
  const { image } = input;
  const [entry, ...rest] = commandLine(input);
  if (entry === undefined) throw new PodStartError('CreateContainerError', 'The image says no command (Entrypoint and Cmd are empty).');
  const map = (path: string): string => mapPath(path, input);
  const workingDirectory = map(input.container.workingDir ?? image.config.WorkingDir ?? '/');
  const cwd = existsSync(workingDirectory) ? workingDirectory : image.root;
  const variables = mapMounts({ ...imageVariables(image), ...input.env }, input.mounts);
  return {
    command: basename(entry) === 'java' ? input.java : commandInImage(entry, map(entry)),
    args: rest.map((arg, index) => mapArgument(arg, rest[index - 1], { map, cwd })),
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      // Without it Java 17 writes its log in ASCII.
      LANG: 'C.UTF-8',
      ...variables,
      ...portVariables(input),
      JAVA_TOOL_OPTIONS: javaToolOptions(input, variables['JAVA_TOOL_OPTIONS'] ?? ''),
    },
  };
}

/** Kubernetes' rule: a container's command replaces Entrypoint and Cmd, its args replace Cmd. */
function commandLine({ container, image }: LaunchInput): readonly string[] {
  const args = container.args ?? (container.command === undefined ? image.config.Cmd : undefined) ?? [];
  return [...(container.command ?? image.config.Entrypoint ?? []), ...args];
}

/** The image's variables; its PATH leads to programs that are not here. */
function imageVariables(image: UnpackedImage): Record<string, string> {
  const pairs = (image.config.Env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  return Object.fromEntries(pairs.filter(([name]) => name !== 'PATH'));
}

function commandInImage(entry: string, path: string): string {
  if (existsSync(path)) return path;
  throw new PodStartError('CreateContainerError', `The image starts \`${entry}\`, which it doesn't contain. Locally only java and programs of the image can be started.`);
}

/** Absolute paths of the container: a mounted secret's folder, else a path of the image. */
function mapPath(path: string, input: LaunchInput): string {
  if (!path.startsWith('/')) return path;
  const mounted = mapMountedText(path, input.mounts);
  return mounted === path ? join(input.image.root, path) : mounted;
}

/** The class path becomes relative: hundreds of long paths could outgrow what the system takes as one argument. */
function mapArgument(arg: string, before: string | undefined, { map, cwd }: { map: (path: string) => string; cwd: string }): string {
  if (before === '-cp' || before === '-classpath' || before === '--class-path') return arg.split(':').map((path) => relativeTo(cwd, map(path))).join(delimiter);
  if (before === '-jar') return map(arg);
  return arg.startsWith('/') && existsSync(map(arg)) ? map(arg) : arg;
}

function relativeTo(cwd: string, path: string): string {
  return isAbsolute(path) ? relative(cwd, path) || '.' : path;
}

function mapMounts(env: Readonly<Record<string, string>>, mounts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, mapMountedText(value, mounts)]));
}

/** Replaces mounted folders where they stand as whole path segments. */
function mapMountedText(text: string, mounts: Readonly<Record<string, string>>): string {
  return Object.entries(mounts)
    .sort(([a], [b]) => b.length - a.length)
    .reduce((result, [inside, outside]) => result.replace(new RegExp(`(?<![\\w./-])${escapeRegExp(inside)}(?![\\w.-])`, 'g'), () => outside), text);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The first declared port is moved to a free one on loopback, in the words that the application's runtime understands. */
function portVariables(input: LaunchInput): Record<string, string> {
  const port = movedPort(input);
  if (port === undefined) return {};
  return { SERVER_PORT: port, SERVER_ADDRESS: '127.0.0.1', QUARKUS_HTTP_PORT: port, QUARKUS_HTTP_HOST: '127.0.0.1' };
}

function movedPort({ container, ports }: LaunchInput): string | undefined {
  const declared = container.ports?.[0]?.containerPort;
  const port = declared === undefined ? undefined : ports[declared];
  return port === undefined ? undefined : String(port);
}

const portProperties: Readonly<Record<string, readonly [port: string, host: string]>> = {
  'camel-main': ['camel.server.port', 'camel.server.host'],
  'spring-boot': ['server.port', 'server.address'],
  quarkus: ['quarkus.http.port', 'quarkus.http.host'],
};

/** The limits come first, so that the user's own options win; the port comes last, so that it wins. */
function javaToolOptions(input: LaunchInput, own: string): string {
  const ownMapped = own.replace(/(-javaagent:)(\/[^\s=]+)/g, (_all, flag: string, path: string) => flag + join(input.image.root, path));
  return [...limitOptions(input.container), ownMapped, ...portOptions(input)].filter((part) => part !== '').join(' ');
}

/** `MaxRAM` makes the JVM size its heap as it does in a container with that limit. */
function limitOptions({ resources }: Container): string[] {
  const memory = parseQuantity(resources?.limits?.memory);
  const cpu = parseQuantity(resources?.limits?.cpu ?? resources?.requests?.cpu);
  return [
    ...(memory === undefined ? [] : [`-XX:MaxRAM=${Math.round(memory)}`]),
    ...(cpu === undefined ? [] : [`-XX:ActiveProcessorCount=${Math.max(1, Math.ceil(cpu))}`]),
  ];
}

function portOptions(input: LaunchInput): string[] {
  const port = movedPort(input);
  const properties = portProperties[input.image.config.Labels?.['io.cameleer.runtime'] ?? ''];
  return port === undefined || properties === undefined ? [] : [`-D${properties[0]}=${port}`, `-D${properties[1]}=127.0.0.1`];
}
