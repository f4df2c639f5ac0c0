import type { PlatformRule } from '../rule.ts';
import { cellNetworks } from './cell-networks.ts';
import { recipientsDistinct } from './recipients-distinct.ts';
import { tierConsistent } from './tier-consistent.ts';
import { trustedKeys } from './trusted-keys.ts';

/** What must hold of the platform's own files. */
export const platformRules: readonly PlatformRule[] = [trustedKeys, tierConsistent, cellNetworks, recipientsDistinct];
