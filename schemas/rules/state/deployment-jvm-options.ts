import type { Problem } from '../../problem.ts';
import type { KindName, Loaded } from '../../state.ts';
import { jvmWords } from './jvm-words.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** Options that load code, open a port, or read more options from a file: they would go round the release's signature and the declared ports. */
const refused: readonly { readonly pattern: RegExp; readonly because: string }[] = [
  { pattern: /^-(?:javaagent|agentlib|agentpath|Xrunjdwp|Xrun)/, because: 'it loads an agent, and what runs must be in the signed release. Use spec.agent, or put the agent into the JAR' },
  { pattern: /^(?:-Xbootclasspath|-cp$|-classpath$|--class-path|--module-path|-p$|--patch-module|--upgrade-module-path)/, because: 'it changes what code is loaded. Put the code into the JAR' },
  { pattern: /^-XX:(?:Flags|VMOptionsFile|OnOutOfMemoryError|OnError)/, because: 'it reads options from a file or runs a command. Write each option here' },
  { pattern: /^-Dcom\.sun\.management\.jmxremote(?:\.|=|$)/, because: 'it opens a management port without authentication. Use the observability agent' },
  { pattern: /^@/, because: 'it reads options from a file. Write each option here' },
  { pattern: /^[^-@]/, because: 'an option starts with a hyphen, and anything else would be taken for the class to start' },
];

/** JVM options are one each, and none loads code from outside the release. */
export const deploymentJvmOptions: StateRule = {
  codes: ['jvm_option_refused'],
  * check({ tenant }) {
    for (const { application } of tenant.applications.values()) yield* checkOptions(application, '/spec/defaults/jvmOptions', application.object.spec.defaults?.jvmOptions);
    for (const { deployments } of tenant.environments.values()) {
      for (const deployment of deployments.values()) {
        yield* checkOptions(deployment, '/spec/jvmOptions', deployment.object.spec.jvmOptions);
        yield* checkToolOptions(deployment);
        yield* checkProperties(deployment);
      }
    }
  },
};

function* checkOptions(loaded: Loaded<KindName>, pointer: string, options: readonly string[] = []): Iterable<Problem> {
  for (const [index, option] of options.entries()) {
    const because = reasonAgainst(option);
    if (because !== undefined) yield problemAt(loaded, `${pointer}/${index}`, 'jvm_option_refused', `The JVM option \`${option}\` is refused: ${because}.`);
  }
}

/** `JAVA_TOOL_OPTIONS` is another way to say the same, so the same holds for it. */
function* checkToolOptions(deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  const pointer = '/spec/env/JAVA_TOOL_OPTIONS';
  const { words, open } = jvmWords(deployment.object.spec.env?.['JAVA_TOOL_OPTIONS'] ?? '');
  if (open) yield problemAt(deployment, pointer, 'jvm_option_refused', 'A quote in `JAVA_TOOL_OPTIONS` is not closed, and the JVM would not start. Close it.');
  for (const option of words) {
    const because = reasonAgainst(option);
    if (because !== undefined) yield problemAt(deployment, pointer, 'jvm_option_refused', `The JVM option \`${option}\` is refused: ${because}.`);
  }
}

/** A property is a `-D` option by another name. */
function* checkProperties(deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  for (const name of Object.keys(deployment.object.spec.properties ?? {})) {
    const because = reasonAgainst(`-D${name}`);
    if (because !== undefined) yield problemAt(deployment, `/spec/properties/${name}`, 'jvm_option_refused', `The property \`${name}\` is refused: ${because}.`);
  }
}

function reasonAgainst(option: string): string | undefined {
  return refused.find(({ pattern }) => pattern.test(option))?.because;
}
