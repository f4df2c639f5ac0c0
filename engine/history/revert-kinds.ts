import type { KindName, ObjectRef } from '../../schemas/index.ts';
import type { LeftAlone, RevertGroup, RevertScope } from './types.ts';

/** Deployments and configuration: what a revert undoes without being asked. */
const configuration: ReadonlySet<KindName> = new Set(['AppDeployment', 'Application', 'Settings', 'Ingress', 'Environment', 'Team', 'VaultConnection', 'Secret']);

const groups: Partial<Record<KindName, RevertGroup>> = {
  Member: 'members', ServiceAccount: 'members', Role: 'roles', SsoConnection: 'sso', Tenant: 'lifecycle', License: 'licence', Platform: 'platform', Cell: 'platform', Tier: 'platform',
};

/** What no revert touches, and why. */
const never: Partial<Record<KindName, string>> = {
  Release: 'A release never changes, and others may run it.',
  EnvironmentKey: 'An old key is not taken back into use; secrets that are reverted are encrypted to the present one.',
  Hold: 'A hold ends when somebody resumes it.',
};

/** These come and go with others (an application with its releases, an environment with its key), so a revert only changes them. */
const onlyChanged: ReadonlySet<KindName> = new Set(['Application', 'Environment']);

/** A file that is signed or encrypted whole is taken back whole: fields of two versions do not make a valid one. */
export function isWhole({ kind }: ObjectRef): boolean {
  return kind === 'Secret' || kind === 'License';
}

/** Why the object is left alone; `undefined`: it is undone. */
export function leftAlone(ref: ObjectRef, change: { readonly path: string; readonly comesOrGoes: boolean }, include: ReadonlySet<RevertGroup>): LeftAlone | undefined {
  const { path, comesOrGoes } = change;
  const because = never[ref.kind];
  if (because !== undefined) return { path, because };
  const group = groupOf(ref);
  if (group !== undefined) return include.has(group) ? undefined : { path, because: `It belongs to ${group}.`, include: group };
  if (comesOrGoes && onlyChanged.has(ref.kind)) return { path, because: `${ref.kind}s come and go in changes of their own.` };
  return configuration.has(ref.kind) ? undefined : { path, because: `A revert does not touch ${ref.kind}s.` };
}

function groupOf(ref: ObjectRef): RevertGroup | undefined {
  return ref.kind === 'Role' && ref.tenant === undefined ? 'platform' : groups[ref.kind];
}

/** Whether the object lies in what is reverted. What belongs to the whole tenant lies outside an environment and an application, unless its group is named. */
export function inScope(ref: ObjectRef, { tenant, environment, application }: RevertScope, include: ReadonlySet<RevertGroup>): boolean {
  if (tenant !== undefined && ref.tenant !== tenant) return false;
  if (environment === undefined && application === undefined) return true;
  const group = groupOf(ref);
  if (group !== undefined) return include.has(group);
  const place = ref.environment ?? (ref.kind === 'Environment' || ref.kind === 'EnvironmentKey' ? ref.name : undefined);
  if (environment !== undefined && place !== environment) return false;
  return application === undefined || applicationOf(ref) === application;
}

function applicationOf(ref: ObjectRef): string | undefined {
  if (ref.kind === 'Application' || ref.kind === 'AppDeployment' || ref.kind === 'Hold') return ref.name;
  return ref.application;
}
