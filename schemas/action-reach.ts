import type { Action } from './types.ts';

/**
 * How far a permission must reach for an action:
 * - `environment`: the question names an environment, and the permission holds there.
 * - `anywhere`: belongs to no environment, harmless to all; a permission in any environment will do.
 * - `everywhere`: belongs to no environment and touches all; only a permission for `*` will do. Otherwise someone who is
 *   Admin of dev could make himself Owner of prod.
 */
export type Reach = 'environment' | 'anywhere' | 'everywhere';

export const actionReach: Readonly<Record<Action, Reach>> = {
  'tenant.read': 'anywhere',
  'tenant.delete': 'everywhere',
  'billing.manage': 'everywhere',
  'members.manage': 'everywhere',
  'teams.manage': 'everywhere',
  'roles.manage': 'everywhere',
  'serviceaccounts.manage': 'everywhere',
  'settings.manage': 'everywhere',
  'sso.manage': 'everywhere',
  'environments.manage': 'everywhere',
  'vaults.manage': 'everywhere',
  'ingresses.manage': 'environment',
  'holds.manage': 'environment',
  'secrets.list': 'environment',
  'secrets.write': 'environment',
  'secrets.reveal': 'environment',
  'apps.read': 'anywhere',
  'apps.create': 'anywhere',
  'apps.delete': 'everywhere',
  'apps.upload': 'anywhere',
  'apps.deploy': 'environment',
  'apps.promote': 'environment',
  'apps.rollback': 'environment',
  'apps.scale': 'environment',
  'apps.configure': 'environment',
  'apps.restart': 'environment',
  'logs.read': 'environment',
  'observe.read': 'environment',
  'debug.use': 'environment',
  'replay.use': 'environment',
  'changes.approve': 'environment',
  'audit.read': 'everywhere',
};
