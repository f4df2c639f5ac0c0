import { expect, test } from 'vitest';
import { unwatched } from './unwatched.ts';

const platform = (driver: string) => ({ engine: { platform: () => ({ cells: new Map([['eu1', { object: { spec: { driver } } }]]) }) } }) as unknown as Parameters<typeof unwatched>[0];

test('a local cell is run by another control plane, not by Flux', () => {
  expect(unwatched(platform('local'), 'eu1')).toContain('another control plane');
  expect(unwatched(platform('flux'), 'eu1')).toContain('Flux');
});
