import type { Problem } from '../../problem.ts';
import type { Loaded } from '../../state.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** Variables that the platform sets or that change what a JVM loads before the platform's options are read. `JAVA_TOOL_OPTIONS` is not among them: the platform appends to it. */
const reserved = /^(?:CAMELEER_.*|KUBERNETES_.*|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT)$/;

/** Folders of the image, the JVM and the system, and ours: code is loaded from them, or something is mounted there already. */
const reservedFolder = /^\/(?:(?:bin|boot|cameleer|dev|lib|lib32|lib64|proc|sbin|sys|usr|opt\/java)(?:\/|$)|(?:etc|home|opt|root|run|tmp|var)$)/;

/** A variable has one source, and none is one of the platform's own. */
export const deploymentEnvironmentVariables: StateRule = {
  codes: ['env_reserved', 'env_repeated', 'mount_path_repeated', 'mount_path_reserved'],
  * check({ tenant }) {
    for (const { deployments } of tenant.environments.values()) {
      for (const deployment of deployments.values()) {
        yield* checkVariables(deployment);
        yield* checkMounts(deployment);
      }
    }
  },
};

function* checkVariables(deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  const { env = {}, secrets = [] } = deployment.object.spec;
  const seen = new Set(Object.keys(env));
  for (const name of seen) if (reserved.test(name)) yield refused(deployment, `/spec/env/${name}`, name);
  for (const [index, binding] of secrets.entries()) {
    for (const name of Object.keys(binding.env ?? {})) {
      const pointer = `/spec/secrets/${index}/env/${name}`;
      if (reserved.test(name)) yield refused(deployment, pointer, name);
      if (seen.has(name)) yield problemAt(deployment, pointer, 'env_repeated', `The variable \`${name}\` is set in two places of this file. Remove one.`);
      seen.add(name);
    }
  }
}

function refused(deployment: Loaded<'AppDeployment'>, pointer: string, name: string): Problem {
  return problemAt(deployment, pointer, 'env_reserved', `The platform sets \`${name}\` itself. Use another name; options for the JVM belong in spec.jvmOptions.`);
}

function* checkMounts(deployment: Loaded<'AppDeployment'>): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, { mountPath }] of (deployment.object.spec.secrets ?? []).entries()) {
    if (mountPath === undefined) continue;
    const pointer = `/spec/secrets/${index}/mountPath`;
    if (seen.has(mountPath)) yield problemAt(deployment, pointer, 'mount_path_repeated', `Two secrets can't have the folder \`${mountPath}\`. Choose another for one of them.`);
    if (!isPlain(mountPath) || reservedFolder.test(mountPath)) {
      yield problemAt(deployment, pointer, 'mount_path_reserved', `\`${mountPath}\` is no folder for secrets. Choose one such as /var/run/secrets/<name>.`);
    }
    seen.add(mountPath);
  }
}

/** One spelling for each folder: neither `//` nor `.` nor `..`, nor a slash at the end. */
function isPlain(path: string): boolean {
  return path.slice(1).split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
