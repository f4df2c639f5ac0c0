import { PodStartError } from './pod-start-error.ts';
import type { Container, EnvVar } from './shapes.ts';

export interface EnvSources {
  /** Service variables of the namespace; the container's own win over them, as in Kubernetes. */
  readonly services: Readonly<Record<string, string>>;
  /** Values by field path, such as `metadata.name`. */
  readonly fields: Readonly<Record<string, string>>;
  /** Decrypted values of a Secret; throws PodStartError when it can't be opened; undefined when there is none. */
  secret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** The container's environment with every reference resolved. Throws PodStartError `CreateContainerConfigError`. */
export async function resolveEnv(container: Container, sources: EnvSources): Promise<Record<string, string>> {
  const env: Record<string, string> = { ...sources.services };
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom === undefined ? expand(variable.value ?? '', env) : await resolveReference(variable, sources);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

async function resolveReference(variable: EnvVar, sources: EnvSources): Promise<string | undefined> {
  const { secretKeyRef, fieldRef } = variable.valueFrom ?? {};
  if (fieldRef !== undefined) return sources.fields[fieldRef.fieldPath] ?? fail(variable, `names the field \`${fieldRef.fieldPath}\`, which is not known locally`);
  if (secretKeyRef === undefined) return fail(variable, 'takes its value from a source that the local runner does not know');
  const values = await sources.secret(secretKeyRef.name);
  const value = values?.[secretKeyRef.key];
  if (value !== undefined || secretKeyRef.optional === true) return value;
  return fail(variable, values === undefined ? `names the Secret \`${secretKeyRef.name}\`, which doesn't exist` : `names the key \`${secretKeyRef.key}\`, which the Secret \`${secretKeyRef.name}\` doesn't have`);
}

function fail(variable: EnvVar, what: string): never {
  throw new PodStartError('CreateContainerConfigError', `The environment variable ${variable.name} ${what}.`);
}

/** `$(NAME)` becomes the value of a variable above it, `$$` becomes `$`: Kubernetes' rule. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => (name === undefined ? '$' : env[name] ?? all));
}
