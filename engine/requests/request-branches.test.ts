import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EngineError } from '../index.ts';
import { deployment, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';

const { fixture, engine, tenant, close } = await openFixture(1);

afterAll(close);

test('a branch that is locked is said to be when it is to be taken away, and goes with the next try', async () => {
  const request = await engine.requests.open(1, setField(deployment(tenant), ['spec', 'env', 'A'], '1'));
  const lock = join(fixture.directory, 'refs/heads/requests/1.lock');
  await mkdir(join(lock, '..'), { recursive: true });
  await writeFile(lock, '');
  const error: unknown = await engine.requests.retire(request, 1).catch((cause: unknown) => cause);
  expect([error instanceof EngineError, error]).toMatchObject([true, { code: 'ref_locked' }]);
  await rm(lock);
  await engine.requests.retire(request, 1);
  expect(await engine.requests.find(1)).toBeUndefined();
  expect(fixture.git(['rev-parse', 'refs/cameleer/requests/1/1'])).toBe(request.commit);
});
