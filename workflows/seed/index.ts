export { seedState } from './seed-state.ts';
export type { SeedInput } from './seed-state.ts';
export { readSeed } from './read-seed.ts';
export { readSeedPlatform } from './read-seed-platform.ts';
export { makeExample } from './make-example.ts';
export { keysInMemory } from './keys-in-memory.ts';
export type { SeedKeys, SigningKey } from './seed-keys.ts';
export { SeedError } from './seed-error.ts';
export type { SeedErrorCode } from './seed-error.ts';
