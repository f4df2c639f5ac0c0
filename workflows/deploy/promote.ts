import type { Intent } from '../../engine/index.ts';
import type { AppDeployment } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { findDeployment, findEnvironment, findTenant, type Place } from '../find.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { setRelease, subject } from './deploy.ts';

export interface PromoteRequest extends WriteOptions {
  /** The target. */
  readonly place: Place;
  /** The environment that runs the release now. */
  readonly from: string;
  /** Default: the release that `from` runs; another one is refused. */
  readonly release?: string;
}

/** What the source has and the target lacks, by name; a promotion copies the release only. */
export interface Lacking {
  /** `env.QUEUE_URL`, `properties.camel.main.name`, … */
  readonly configuration: readonly string[];
  /** Names of Secrets that the source binds and the target does not bind or have. */
  readonly secrets: readonly string[];
}

export interface PromoteAnswer {
  readonly release: string;
  readonly lacking: Lacking;
  readonly outcome: Outcome;
}

/** Deploys to the target what another environment runs. Errors: those of `deploy`, `not_deployed`, `nothing_to_promote`. */
export async function promote(stores: Stores, caller: Caller, request: PromoteRequest): Promise<PromoteAnswer> {
  const { place, from } = request;
  const source: Place = { ...place, environment: from };
  const tenant = await findTenant(stores, place.tenant);
  const running = findDeployment(tenant, source);
  const release = request.release ?? running.spec.release;
  const intent: Intent = {
    change: changeBy(caller, { action: 'app.promote', subject: subject('Promote', place, release), body: `From ${from}.`, ...place }),
    apply: async (draft) => {
      const now = await draft.tenant(place.tenant);
      const actual = now === undefined ? undefined : findDeployment(now, source).spec.release;
      if (actual !== release) throw new WorkflowError('nothing_to_promote', `${from} runs ${actual ?? 'nothing'}, not ${release}. Deploy ${release} to ${from} first, or promote what it runs.`);
      await setRelease(draft, place, { release }, { now: stores.now(), asRequest: request.asRequest === true });
    },
  };
  const target = findEnvironment(tenant, place.environment);
  const lacking = lackingOf(running, target.deployments.get(place.application)?.object, new Set(target.secrets.keys()));
  return { release, lacking, outcome: await write(stores, caller, intent, request) };
}

export function lackingOf(source: AppDeployment, target: AppDeployment | undefined, secrets: ReadonlySet<string>): Lacking {
  const configuration = [
    ...missing('env', source.spec.env, target?.spec.env),
    ...missing('properties', source.spec.properties, target?.spec.properties),
    ...missing('agent.properties', source.spec.agent?.properties, target?.spec.agent?.properties),
    ...(source.spec.jvmOptions ?? []).filter((option) => !(target?.spec.jvmOptions ?? []).includes(option)).map((option) => `jvmOptions ${option}`),
  ];
  const bound = new Set((target?.spec.secrets ?? []).map((binding) => binding.secret));
  const wanted = new Set((source.spec.secrets ?? []).map((binding) => binding.secret));
  return { configuration, secrets: [...wanted].filter((name) => !bound.has(name) || !secrets.has(name)).sort() };
}

function missing(field: string, source: Readonly<Record<string, string>> | undefined, target: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.keys(source ?? {}).filter((key) => !Object.hasOwn(target ?? {}, key)).sort().map((key) => `${field}.${key}`);
}
