import { isAuditor, isOperator, type Subject } from '../access/index.ts';
import type { Stores } from './context.ts';

/** For whose people what the history says is worded: the tenant's; `undefined` for operators and auditors, who may know of everybody. */
export function tenantReader({ engine }: Pick<Stores, 'engine'>, subject: Subject, tenant: string | undefined): string | undefined {
  const platform = engine.platform();
  return isOperator(platform, subject) || isAuditor(platform, subject) ? undefined : tenant;
}
