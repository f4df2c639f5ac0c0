import type { StateRule } from '../rule.ts';
import { applicationConsistent } from './application-consistent.ts';
import { bindingsNameWhatExists } from './bindings-name-what-exists.ts';
import { cellsUsable } from './cells-usable.ts';
import { countsWithinTier } from './counts-within-tier.ts';
import { deploymentEnvironmentVariables } from './deployment-environment-variables.ts';
import { deploymentJvmOptions } from './deployment-jvm-options.ts';
import { deploymentNamesWhatExists } from './deployment-names-what-exists.ts';
import { deploymentsWithinQuota } from './deployments-within-quota.ts';
import { environmentKeyFits } from './environment-key-fits.ts';
import { environmentPolicy } from './environment-policy.ts';
import { environmentsWithinTier } from './environments-within-tier.ts';
import { featuresWithinTier } from './features-within-tier.ts';
import { holdsNameDeployments } from './holds-name-deployments.ts';
import { ingressesLeadSomewhere } from './ingresses-lead-somewhere.ts';
import { licenseHolds } from './license-holds.ts';
import { releaseConsistent } from './release-consistent.ts';
import { releaseSigned } from './release-signed.ts';
import { rolesDistinct } from './roles-distinct.ts';
import { secretsEncrypted } from './secrets-encrypted.ts';
import { tenantName } from './tenant-name.ts';
import { tierExists } from './tier-exists.ts';

/** What must hold in any checkout. One rule a file; the order is the order in which they are explained, not a precedence. */
export const stateRules: readonly StateRule[] = [
  tenantName,
  tierExists,
  licenseHolds,
  cellsUsable,
  environmentsWithinTier,
  environmentPolicy,
  countsWithinTier,
  featuresWithinTier,
  rolesDistinct,
  bindingsNameWhatExists,
  applicationConsistent,
  releaseConsistent,
  releaseSigned,
  deploymentNamesWhatExists,
  deploymentEnvironmentVariables,
  deploymentJvmOptions,
  deploymentsWithinQuota,
  holdsNameDeployments,
  ingressesLeadSomewhere,
  environmentKeyFits,
  secretsEncrypted,
];
