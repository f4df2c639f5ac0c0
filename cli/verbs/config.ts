import type { ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { patchDeployment } from './write.ts';
import type { EnvironmentOptions } from './run-state.ts';

export interface ConfigSet extends EnvironmentOptions {
  readonly variables: ReadonlyMap<string, string>;
  readonly property: ReadonlyMap<string, string>;
  readonly jvmOption: readonly string[];
}

export interface ConfigUnset extends EnvironmentOptions {
  readonly variables: readonly string[];
  readonly property: readonly string[];
  readonly jvmOption: readonly string[];
}

/** Adds or replaces variables and properties; a JVM option is added when it is not there. */
export async function configSet(session: Session, target: ApplicationTarget, options: ConfigSet): Promise<ExitCode> {
  return patchDeployment(session, target, options.env, {
    ...options,
    what: `Configured ${target.tenant}/${target.application} in ${options.env}`,
    patch: (spec) => ({
      ...(options.variables.size === 0 ? {} : { env: Object.fromEntries(options.variables) }),
      ...(options.property.size === 0 ? {} : { properties: Object.fromEntries(options.property) }),
      ...(options.jvmOption.length === 0 ? {} : { jvmOptions: [...new Set([...jvmOptionsOf(spec), ...options.jvmOption])] }),
    }),
  });
}

export async function configUnset(session: Session, target: ApplicationTarget, options: ConfigUnset): Promise<ExitCode> {
  const absent = (keys: readonly string[]): Record<string, null> => Object.fromEntries(keys.map((key) => [key, null]));
  return patchDeployment(session, target, options.env, {
    ...options,
    what: `Configured ${target.tenant}/${target.application} in ${options.env}`,
    patch: (spec) => ({
      ...(options.variables.length === 0 ? {} : { env: absent(options.variables) }),
      ...(options.property.length === 0 ? {} : { properties: absent(options.property) }),
      ...(options.jvmOption.length === 0 ? {} : { jvmOptions: jvmOptionsOf(spec).filter((option) => !options.jvmOption.includes(option)) }),
    }),
  });
}

function jvmOptionsOf(spec: Readonly<Record<string, unknown>>): readonly string[] {
  const options = spec['jvmOptions'];
  return Array.isArray(options) ? (options as string[]) : [];
}
