import type { AppDeployment, Application } from '../../schemas/index.ts';

/** Before the user's own options, so that they win: most of the container's memory is heap, and a JVM without memory restarts. */
const defaults = ['-XX:MaxRAMPercentage=75', '-XX:+ExitOnOutOfMemoryError'];

/**
 * The value of `JAVA_TOOL_OPTIONS`: defaults, the user's own value of the variable, then what the deployment sets. The
 * JVM lets a later option win. `own` stands unchanged; the rest is quoted for the JVM.
 */
export function javaToolOptions(application: Application['spec'], deployment: AppDeployment['spec'], own: string | undefined): string {
  const options = deployment.jvmOptions ?? application.defaults?.jvmOptions ?? [];
  const properties = Object.entries(deployment.properties ?? {});
  const composed = [...options.map(quoteOption), ...propertyFlags(properties), ...agentFlags(deployment.agent)];
  return [...defaults, ...(own === undefined || own === '' ? [] : [own]), ...composed].join(' ');
}

function propertyFlags(properties: readonly (readonly [string, string])[]): string[] {
  return byName(properties).map(([name, value]) => quoteOption(`-D${name}=${value}`));
}

/** The agent reads its settings from system properties; an image without the agent ignores them. */
function agentFlags(agent: AppDeployment['spec']['agent']): string[] {
  if (agent === undefined) return [];
  const settings = Object.entries(agent.properties ?? {}).map(([name, value]) => [`cameleer.agent.${name}`, value] as const);
  return propertyFlags([['cameleer.agent.enabled', String(agent.enabled)], ...settings]);
}

/** In name order, whatever the order in the file. */
export function byName<T extends readonly [string, ...unknown[]]>(entries: Iterable<T>): T[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/**
 * As one word of JAVA_TOOL_OPTIONS: the JVM splits at white space, knows both quotes and no escape character, so a text
 * with one of the quotes goes into the other one.
 */
export function quoteOption(text: string): string {
  if (!/[\s'"]/.test(text)) return text;
  return text.split(/(")/).filter((part) => part !== '').map((part) => (part === '"' ? `'"'` : `"${part}"`)).join('');
}
