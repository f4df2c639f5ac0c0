import type { Change, FileChange } from '../engine/index.ts';
import { loadFile, pathOfRef } from '../schemas/index.ts';
import type { Action, AppDeployment, Binding, KindName, Kinds, ObjectRef, TenantState } from '../schemas/index.ts';
import { defined } from './defined.ts';

/** What a change needs to be allowed: an action somewhere, holding what is given away, or being an operator of the platform. */
export type Need =
  | { readonly kind: 'action'; readonly action: Action; readonly environment?: string; readonly team?: string }
  | { readonly kind: 'grant'; readonly bindings: readonly Binding[] }
  | { readonly kind: 'operator'; readonly what: string };

/** Kinds that one action guards whatever changes in them. Releases need the builder's signature besides (a state rule). */
const guards: Partial<Record<KindName, Action>> = {
  Settings: 'settings.manage',
  Team: 'teams.manage',
  Role: 'roles.manage',
  Member: 'members.manage',
  ServiceAccount: 'serviceaccounts.manage',
  VaultConnection: 'vaults.manage',
  SsoConnection: 'sso.manage',
  Environment: 'environments.manage',
  EnvironmentKey: 'environments.manage',
  Hold: 'holds.manage',
  Ingress: 'ingresses.manage',
  Secret: 'secrets.write',
  Release: 'apps.upload',
};

/** Kinds that belong to one application, so that its owner team counts. */
const ownedKinds: ReadonlySet<KindName> = new Set(['Hold', 'Release']);

interface Where {
  readonly environment?: string;
  readonly team?: string;
}

function where(environment: string | undefined, team: string | undefined): Where {
  return defined({ environment, team });
}

function act(action: Action, at: Where): Need {
  return { kind: 'action', action, ...at };
}

/** Everything that a file's change needs, against the state before it. Unknown files belong to operators. */
export function needsOf(change: Change, file: FileChange, tenant: TenantState | undefined): readonly Need[] {
  const ref = file.ref;
  if (ref === undefined || ref.tenant === undefined) return [{ kind: 'operator', what: file.path }];
  const team = tenant?.applications.get(ref.application ?? ref.name)?.application.object.spec.team;
  if (isOf('Application', ref)) return applicationNeeds(file, ref, team);
  if (isOf('AppDeployment', ref)) return deploymentNeeds(change, { before: object(ref, file.before)?.spec, after: object(ref, file.after)?.spec }, where(ref.environment, team));
  return guardNeeds(change, file, ref, team);
}

function guardNeeds(change: Change, file: FileChange, ref: ObjectRef, team: string | undefined): readonly Need[] {
  const guard = guards[ref.kind];
  if (guard === undefined || isPlatformWork(change, file)) return [{ kind: 'operator', what: `${ref.kind} ${ref.name}` }];
  const owned = ownedKinds.has(ref.kind) ? team : undefined;
  return [act(guard, where(ref.environment ?? environmentNamed(file), owned)), ...grants(file)];
}

/** An environment's key comes into being with its environment; every later change of it is the platform's. */
function isPlatformWork(change: Change, file: FileChange): boolean {
  return file.ref?.kind === 'EnvironmentKey' && (change.action !== 'environment.create' || file.before !== undefined);
}

function environmentNamed(file: FileChange): string | undefined {
  return file.ref?.kind === 'Environment' || file.ref?.kind === 'EnvironmentKey' ? file.ref.name : undefined;
}

function isOf<K extends KindName>(kind: K, ref: ObjectRef): ref is ObjectRef<K> {
  return ref.kind === kind;
}

function applicationNeeds(file: FileChange, ref: ObjectRef<'Application'>, team: string | undefined): readonly Need[] {
  const action: Action = file.after === undefined ? 'apps.delete' : 'apps.create';
  const after = object(ref, file.after)?.spec.team;
  const owners = new Set(file.before === undefined ? [after] : file.after === undefined ? [team] : [team, after]);
  return [...owners].map((owner) => act(action, where(undefined, owner)));
}

interface SpecChange {
  readonly before: AppDeployment['spec'] | undefined;
  readonly after: AppDeployment['spec'] | undefined;
}

function deploymentNeeds(change: Change, { before, after }: SpecChange, at: Where): readonly Need[] {
  if (change.action === 'app.rollback') return [act('apps.rollback', at)];
  const release: Action = change.action === 'app.promote' ? 'apps.promote' : 'apps.deploy';
  if (after === undefined) return [act('apps.deploy', at)];
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]) as Set<keyof AppDeployment['spec']>;
  const changed = [...fields].filter((field) => JSON.stringify(before?.[field]) !== JSON.stringify(after[field]));
  const actions = new Set(changed.map((field) => (field === 'release' ? release : (fieldActions[field] ?? 'apps.configure'))));
  // A first deployment says its scale along with its release.
  if (before === undefined) actions.delete('apps.scale');
  if (actions.size === 0) actions.add('apps.configure');
  return [...actions].map((action) => act(action, at));
}

const fieldActions: Partial<Record<keyof AppDeployment['spec'], Action>> = { replicas: 'apps.scale', stopped: 'apps.scale', restartedAt: 'apps.restart' };

/** Nobody gives or takes away what they do not have: bindings that come or go, and the permissions of a custom role. */
function grants({ ref, before, after }: FileChange): readonly Need[] {
  if (ref === undefined) return [];
  if (isOf('Role', ref)) {
    const permissions = object(ref, after)?.spec.permissions ?? [];
    return permissions.flatMap(({ allow, environments }) => environments.flatMap((environment) => allow.map((action) => act(action, { environment }))));
  }
  if (!isOf('Member', ref) && !isOf('ServiceAccount', ref)) return [];
  const [old, current] = [object(ref, before)?.spec.bindings ?? [], object(ref, after)?.spec.bindings ?? []];
  const bindings = [...without(current, old), ...without(old, current)];
  return bindings.length === 0 ? [] : [{ kind: 'grant', bindings }];
}

function without(these: readonly Binding[], those: readonly Binding[]): readonly Binding[] {
  const known = new Set(those.map((binding) => JSON.stringify(binding)));
  return these.filter((binding) => !known.has(JSON.stringify(binding)));
}

/** A file that its kind does not allow yields nothing: the validator refuses it with its position. */
function object<K extends KindName>(ref: ObjectRef<K>, text: string | undefined): Kinds[K] | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  return loadFile({ path: pathOfRef(ref), mode: 'file', oid: '', size: bytes.length, bytes }, ref).loaded?.object;
}
