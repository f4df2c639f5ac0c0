import { tenantOfPath } from '../../schemas/index.ts';
import type { Problem } from '../../schemas/index.ts';
import type { Opening } from '../../synth/index.ts';
import type { FileChange, ObjectChange, Plan } from '../types.ts';
import { objectChanges } from './object-changes.ts';
import { planHash } from './plan-hash.ts';
import { changedObject, renderedChange, restarts, scales } from './rendered-changes.ts';
import type { ChangedObject, RenderedFile } from './rendered-changes.ts';

export interface PlanSource {
  readonly base: string;
  readonly head?: string;
  readonly files: readonly FileChange[];
  readonly rendered: readonly RenderedFile[];
  readonly problems: readonly Problem[];
  readonly openings: readonly Opening[];
}

type Risk = Plan['risks'][number];

const workloads = new Set(['apps/v1/Deployment', 'apps/v1/StatefulSet', 'apps/v1/DaemonSet']);
const stateful = new Set(['apps/v1/StatefulSet', 'v1/PersistentVolumeClaim', 'helm.toolkit.fluxcd.io/v2/HelmRelease', 'v1/Namespace']);
const privileges = new Set(['Member', 'Role', 'ServiceAccount', 'SsoConnection']);

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function blastRadius(files: readonly FileChange[], objects: readonly ChangedObject[], rendered: readonly RenderedFile[]): Plan['blastRadius'] {
  const running = objects.filter((object) => workloads.has(object.kind));
  const named = (wanted: (object: ChangedObject) => boolean) => sorted(running.filter(wanted).map((object) => object.name));
  const paths = [...files.map((file) => file.path), ...rendered.map((file) => file.path.replace(/^flux\//, '').replace(/\.yaml$/, '/'))];
  return {
    tenants: sorted(paths.flatMap((path) => tenantOfPath(path) ?? [])),
    namespaces: sorted(objects.flatMap((object) => object.namespace ?? (object.kind === 'v1/Namespace' ? [object.name] : []))),
    restarted: named(restarts),
    scaled: named(scales),
    created: named((object) => object.before === undefined),
    deleted: named((object) => object.after === undefined),
  };
}

function privilegeRisks(changes: readonly ObjectChange[]): Risk[] {
  return changes
    .filter(({ ref, change }) => change !== 'deleted' && ref !== undefined && privileges.has(ref.kind))
    .map(({ ref, path, change }) => ({ code: 'privilege_added', message: `${path} is ${change}: check who may do more than before (${ref?.kind ?? ''} ${ref?.name ?? ''}).` }));
}

function risksOf(changes: readonly ObjectChange[], objects: readonly ChangedObject[], source: PlanSource): Risk[] {
  const lost = objects.filter((object) => object.after === undefined && stateful.has(object.kind));
  const notices = source.problems.filter((problem) => problem.code === 'not_enforced_yet');
  return [
    ...privilegeRisks(changes),
    ...lost.map((object) => ({ code: 'stateful_deletion', message: `${object.kind} ${object.name} would be deleted, with the data that it holds.` })),
    ...source.openings.map((opening) => ({ code: 'isolation_widened', message: opening.message })),
    ...notices.map((notice) => ({ code: notice.code, message: `${notice.path}: ${notice.message}` })),
  ];
}

/** Everything that a change does, said before it happens. Lists are sorted: the same change has the same hash. */
export function makePlan(source: PlanSource): Plan {
  const rendered = [...source.rendered].sort((a, b) => (a.cell === b.cell ? (a.path < b.path ? -1 : 1) : a.cell < b.cell ? -1 : 1));
  const changed = rendered.map((file) => ({ file, object: changedObject(file) }));
  const objects = changed.flatMap(({ object }) => object ?? []);
  const changes = objectChanges(source.files);
  const content = {
    objects: changes,
    rendered: changed.map(({ file, object }) => renderedChange(file, object)),
    blastRadius: blastRadius(source.files, objects, rendered),
    risks: risksOf(changes, objects, source),
    problems: source.problems,
  };
  return { base: source.base, ...(source.head !== undefined && { head: source.head }), ...content, hash: planHash(content) };
}
