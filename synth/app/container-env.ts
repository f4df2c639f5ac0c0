import type { AppDeployment, Application } from '../../schemas/index.ts';
import type { EnvVar } from '../kubernetes.ts';
import { byName, javaToolOptions } from './java-tool-options.ts';

const optionsVariable = 'JAVA_TOOL_OPTIONS';
/** Holds the user's JVM options when they come from a Secret, so that ours can be added to them. */
const optionsFromSecret = 'CAMELEER_SECRET_JAVA_TOOL_OPTIONS';

/** The container's variables in name order; a secret's binding wins over a plain value of the same name. */
export function containerEnv(application: Application['spec'], deployment: AppDeployment['spec']): EnvVar[] {
  const variables = new Map<string, EnvVar>();
  for (const [name, value] of Object.entries(deployment.env ?? {})) variables.set(name, { name, value: literal(value) });
  for (const { secret, env = {} } of deployment.secrets ?? []) {
    for (const [name, key] of Object.entries(env)) variables.set(name, { name, valueFrom: { secretKeyRef: { key, name: secret } } });
  }
  const own = variables.get(optionsVariable);
  if (own?.valueFrom !== undefined) variables.set(optionsFromSecret, { ...own, name: optionsFromSecret });
  const ownText = own?.valueFrom === undefined ? deployment.env?.[optionsVariable] : ownPlaceholder;
  const value = literal(javaToolOptions(application, deployment, ownText)).replace(ownPlaceholder, `$(${optionsFromSecret})`);
  variables.set(optionsVariable, { name: optionsVariable, value });
  return byName(variables).map(([, variable]) => variable);
}

/** Can't occur in a value: no field of a state file may hold control characters. */
const ownPlaceholder = '\u0000';

/** Kubernetes replaces `$(NAME)` and reads `$$` as `$` in a variable's value: what people write is meant as it stands. */
function literal(text: string): string {
  return text.replaceAll(/\$(?=[$(])/g, '$$$$');
}
