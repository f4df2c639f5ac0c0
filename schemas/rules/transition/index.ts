import type { TransitionRule } from '../rule.ts';
import { approval } from './approval.ts';
import { frozen } from './frozen.ts';
import { held } from './held.ts';
import { lastOwner } from './last-owner.ts';
import { ownership } from './ownership.ts';
import { promotionOrder } from './promotion-order.ts';
import { releaseImmutable } from './release-immutable.ts';
import { removalInSteps } from './removal-in-steps.ts';
import { tenantIdentity } from './tenant-identity.ts';
import { tenantReadOnly } from './tenant-read-only.ts';

/** What must hold between two states of a tenant. One rule a file. */
export const transitionRules: readonly TransitionRule[] = [
  tenantIdentity,
  tenantReadOnly,
  ownership,
  lastOwner,
  releaseImmutable,
  removalInSteps,
  held,
  frozen,
  approval,
  promotionOrder,
];
