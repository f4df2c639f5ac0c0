import type { Change } from './changes.ts';

/** The part of a change that concerns what runs of an application in an environment. */
export interface DeploymentChange {
  readonly change: Change<'AppDeployment'>;
  readonly environment: string;
  readonly application: string;
  /** Undefined: not deployed. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** The deployments that changed, the unchanged ones left out. */
export function* deploymentChanges(changes: readonly Change[]): Iterable<DeploymentChange> {
  for (const change of changes) {
    if (change.kind !== 'AppDeployment') continue;
    const deployment = change as Change<'AppDeployment'>;
    const ref = (deployment.after ?? deployment.before)?.ref;
    if (ref === undefined) continue;
    yield { change: deployment, environment: ref.environment ?? '', application: ref.name, from: deployment.before?.object.spec.release, to: deployment.after?.object.spec.release };
  }
}

/** Only those in which another release, or none, runs afterwards. */
export function* releaseChanges(changes: readonly Change[]): Iterable<DeploymentChange> {
  for (const each of deploymentChanges(changes)) if (each.from !== each.to) yield each;
}

/** `v3-r2` → [3, 2]; the order in which releases were made. */
function rankOf(release: string): readonly [number, number] {
  const [, number = '0', rebuild = '0'] = /^v(\d+)(?:-r(\d+))?$/.exec(release) ?? [];
  return [Number(number), Number(rebuild)];
}

export function isOlder(a: string, b: string): boolean {
  const [number, rebuild] = rankOf(a);
  const [otherNumber, otherRebuild] = rankOf(b);
  return number < otherNumber || (number === otherNumber && rebuild < otherRebuild);
}
