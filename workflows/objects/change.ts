import type { Change } from '../../engine/index.ts';
import type { KindName, ObjectRef } from '../../schemas/index.ts';

export type Verb = 'create' | 'replace' | 'change' | 'delete';

const nouns: Record<KindName, string> = {
  Platform: 'platform', Cell: 'cell', Tier: 'tier', Role: 'role',
  Tenant: 'tenant', License: 'license', Settings: 'settings', Team: 'team', Member: 'member', ServiceAccount: 'serviceaccount',
  Environment: 'environment', EnvironmentKey: 'environment-key', Application: 'application', Release: 'release',
  AppDeployment: 'deployment', Hold: 'hold', Ingress: 'ingress', Secret: 'secret', VaultConnection: 'vault', SsoConnection: 'sso',
};

const verbs: Record<Verb, string> = { create: 'Create', replace: 'Replace', change: 'Change', delete: 'Delete' };

/** Action, place and subject line of a change to one object, such as `hold.create`, `Create hold acme/orders in prod`. */
export function changeOf(ref: ObjectRef, verb: Verb): Pick<Change, 'action' | 'subject' | 'tenant' | 'environment' | 'application'> {
  const application = applicationOf(ref);
  const environment = ref.environment ?? (ref.kind === 'Environment' || ref.kind === 'EnvironmentKey' ? ref.name : undefined);
  const name = [ref.tenant, ref.application, ref.name === ref.tenant ? undefined : ref.name].filter((part) => part !== undefined).join('/');
  const place = ref.environment === undefined ? '' : ` in ${ref.environment}`;
  return {
    action: `${nouns[ref.kind]}.${verb}`,
    subject: `${verbs[verb]} ${nouns[ref.kind]} ${name}${place}`.slice(0, 72),
    ...(ref.tenant === undefined ? {} : { tenant: ref.tenant }),
    ...(environment === undefined ? {} : { environment }),
    ...(application === undefined ? {} : { application }),
  };
}

function applicationOf(ref: ObjectRef): string | undefined {
  if (ref.application !== undefined) return ref.application;
  return ref.kind === 'Application' || ref.kind === 'AppDeployment' || ref.kind === 'Hold' ? ref.name : undefined;
}
