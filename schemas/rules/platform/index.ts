import type { PlatformRule } from '../rule.ts';

/** What must hold of the platform's own files. */
export const platformRules: readonly PlatformRule[] = [];
