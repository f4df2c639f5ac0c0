import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { PlatformState, Problem, TenantState } from '../../schemas/index.ts';
import type { Opening } from '../../synth/index.ts';
import type { FileChange } from '../change.ts';
import { costOf } from './cost.ts';
import type { PartCost } from './cost.ts';
import { dataAtRisk } from './data-at-risk.ts';
import { heldDeployments } from './held.ts';
import { openedPaths } from './opened-paths.ts';
import { privilegesAdded } from './privileges-added.ts';
import { objectChanges, objectFacts } from './object-changes.ts';
import { changedObject, renderedChange, renderedFacts, restarts, scales } from './rendered-changes.ts';
import type { ChangedObject, RenderedFile } from './rendered-changes.ts';
import { limitsNear } from './limits-near.ts';
import type { DataAtRisk, ObjectChange, RenderedChange, Risk } from './types.ts';

/** A side of the change, as far as it concerns one part. */
export interface PartState {
  readonly platform: PlatformState;
  readonly tenant: TenantState | undefined;
}

/** What a change does to one tenant, or to the platform's own files (`tenant` absent). */
export interface PartSource {
  readonly tenant?: string;
  readonly files: readonly FileChange[];
  readonly rendered: readonly RenderedFile[];
  readonly problems: readonly Problem[];
  readonly openings: readonly Opening[];
  readonly before: PartState;
  readonly after: PartState;
}

export interface PartEffects {
  readonly namespaces: readonly string[];
  readonly restarted: readonly string[];
  readonly scaled: readonly string[];
  readonly created: readonly string[];
  readonly deleted: readonly string[];
}

export interface PlanPart {
  readonly tenant: string | undefined;
  readonly objects: readonly ObjectChange[];
  readonly rendered: readonly RenderedChange[];
  readonly effects: PartEffects;
  readonly data: readonly DataAtRisk[];
  readonly risks: readonly Risk[];
  readonly problems: readonly Problem[];
  /** How many paths between tenants it opens, each an error; its risks say which. */
  readonly openings: number;
  readonly cost: PartCost | undefined;
  /** What the plan's hash is made of; `undefined`: nothing changes. */
  readonly digest: string | undefined;
}

const workloads = new Set(['apps/v1/Deployment', 'apps/v1/StatefulSet', 'apps/v1/DaemonSet']);
/** Sentences about the state, not about the change. */
const noticeCode = 'not_enforced_yet';

/** Lists are sorted: the same change gives the same part. `diffs`: with the differences of the rendered texts. */
export function planPart(source: PartSource, options: { readonly diffs?: boolean } = {}): PlanPart {
  const rendered = [...source.rendered].sort((a, b) => (a.cell === b.cell ? (a.path < b.path ? -1 : 1) : a.cell < b.cell ? -1 : 1));
  const changed = rendered.map((file) => ({ file, object: changedObject(file) }));
  const objects = changed.flatMap(({ object }) => object ?? []);
  const data = dataAtRisk(source, changed);
  const risks = [...risksOf(source, changed), ...data.map((each) => dataRisk(each))];
  return {
    tenant: source.tenant,
    objects: objectChanges(source.files),
    rendered: changed.map(({ file, object }) => renderedChange(file, object, options.diffs === true)),
    effects: effectsOf(objects),
    data,
    risks: [...risks, ...noticesOf(source)],
    problems: source.problems,
    openings: source.openings.length,
    cost: costOf(source),
    digest: digestOf(source, changed, risks),
  };
}

function sorted(names: Iterable<string>): string[] {
  return [...new Set(names)].sort();
}

function effectsOf(objects: readonly ChangedObject[]): PartEffects {
  const running = objects.filter((object) => workloads.has(object.kind));
  const named = (wanted: (object: ChangedObject) => boolean) => sorted(running.filter(wanted).map((object) => object.name));
  return {
    namespaces: sorted(objects.flatMap((object) => object.namespace ?? (object.kind === 'v1/Namespace' ? [object.name] : []))),
    restarted: named(restarts),
    scaled: named(scales),
    created: named((object) => object.before === undefined),
    deleted: named((object) => object.after === undefined),
  };
}

export interface ChangedFile {
  readonly file: RenderedFile;
  readonly object: ChangedObject | undefined;
}

function risksOf(source: PartSource, changed: readonly ChangedFile[]): Risk[] {
  const opened = [...source.openings.map(({ from, to, port, message }) => ({ subject: `${from} → ${to} ${port}`, message })), ...openedPaths(changed)];
  return [
    ...privilegesAdded(source).map((found) => riskOf(source, 'privilege_added', found)),
    ...opened.map((found) => riskOf(source, 'isolation_widened', found)),
    ...limitsNear(source).map((found) => riskOf(source, 'tier_limit_near', found)),
    ...heldDeployments(source).map((found) => riskOf(source, 'held', found)),
  ];
}

function riskOf({ tenant }: Pick<PartSource, 'tenant'>, code: string, { subject, message }: Pick<Risk, 'subject' | 'message'>): Risk {
  return tenant === undefined ? { code, subject, message } : { code, tenant, subject, message };
}

function dataRisk({ tenant, object, effect, data }: DataAtRisk): Risk {
  const words = { deleted: 'would be deleted', not_moved: 'does not move along', shortened: 'would be deleted', unreadable: 'could not be read any more' }[effect];
  const code = effect === 'deleted' ? 'stateful_deletion' : 'data_at_risk';
  return { code, tenant, subject: `${effect} ${object}`, message: `${object}: ${data} ${words}.` };
}

function noticesOf(source: PartSource): Risk[] {
  const notices = source.problems.filter((problem) => problem.code === noticeCode);
  return notices.map(({ path, line, pointer, message }) => riskOf(source, noticeCode, { subject: `${path}${pointer}`, message: `${path}:${line}: ${message}` }));
}

function digestOf(source: PartSource, changed: readonly ChangedFile[], risks: readonly Risk[]): string | undefined {
  const facts = {
    objects: objectFacts(source.files),
    rendered: changed.map(({ file }) => renderedFacts(file)),
    risks: risks.map(({ code, subject }) => `${code} ${subject}`).sort(),
  };
  if (facts.objects.length + facts.rendered.length + facts.risks.length === 0) return undefined;
  return createHash('sha256').update(canonicalize(facts) ?? '').digest('hex');
}
