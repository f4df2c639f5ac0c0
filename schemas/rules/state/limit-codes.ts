import { countsWithinTier } from './counts-within-tier.ts';
import { deploymentsWithinQuota } from './deployments-within-quota.ts';
import { environmentsWithinTier } from './environments-within-tier.ts';
import { featuresWithinTier } from './features-within-tier.ts';

/** Codes of the problems that say: more than the tenant's tier and licence allow. */
export const limitCodes: ReadonlySet<string> = new Set([environmentsWithinTier, featuresWithinTier, countsWithinTier, deploymentsWithinQuota].flatMap(({ codes }) => codes));
