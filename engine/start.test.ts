import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { SYNTH_VERSION } from '../synth/index.ts';
import type { Engine } from './index.ts';
import { deployment, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';

let fixture: Fixture;
let engine: Engine;
let a: string;
let b: string;

beforeEach(async () => {
  fixture = await makeFixture(2);
  engine = await fixture.open();
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const checkpoint = () => join(fixture.directory, 'cameleer-rendered.json');
const cells = () => fixture.git(['for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads/cells']);
const cellTrees = () => fixture.git(['for-each-ref', '--format=%(refname) %(tree)', 'refs/heads/cells']);

/** Closes the engine, does something to the repository, opens it again. */
async function meanwhile(work: () => unknown): Promise<void> {
  await engine.close();
  await work();
  engine = await fixture.open();
}

describe('cells that somebody moved while nothing ran', () => {
  const movements: Readonly<Record<string, () => unknown>> = {
    'back': () => fixture.git(['update-ref', 'refs/heads/cells/local', 'cells/local~1']),
    'away': () => fixture.git(['update-ref', '-d', 'refs/heads/cells/local']),
    'to a commit of main': () => fixture.git(['update-ref', 'refs/heads/cells/local', 'main']),
    'into packed-refs': () => fixture.git(['pack-refs', '--all', '--prune']),
  };
  for (const [where, move] of Object.entries(movements)) {
    test(`${where} are as they were after the start`, async () => {
      await engine.write(setField(deployment(a), ['spec', 'env', 'X'], '1'));
      const before = cells();
      await meanwhile(move);
      expect(cells()).toBe(before);
      const { commit } = await engine.write(setField(deployment(a), ['spec', 'env', 'X'], '2'));
      expect((await engine.cell('local'))?.sourceCommit).toBe(commit);
    });
  }

  test('away are rendered again without the checkpoint, too', async () => {
    const before = cellTrees();
    await meanwhile(async () => {
      fixture.git(['update-ref', '-d', 'refs/heads/cells/local']);
      await rm(checkpoint());
    });
    expect(cellTrees()).toBe(before);
  });

  test('to something that claims an unchecked commit do not vouch for it', async () => {
    await meanwhile(async () => {
      const bad = fixture.push({ [orders(a)]: 'spec: [' });
      for (const cell of ['local', 'eu1']) {
        const forged = fixture.git(['commit-tree', `cells/${cell}^{tree}`, '-p', `cells/${cell}`], `Render\n\nSource-Commit: ${bad}\nSynth-Version: ${SYNTH_VERSION}\n`);
        fixture.git(['update-ref', `refs/heads/cells/${cell}`, forged]);
      }
      await rm(checkpoint());
    });
    expect([...engine.head().quarantines.keys()]).toEqual([a]);
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Quarantined,valueonly)', 'cells/local'])).toContain(a);
  });
});

describe('a start after a kill', () => {
  test('makes the same cells of what came after the last checkpoint', async () => {
    const old = join(fixture.folder, 'old.json');
    await copyFile(checkpoint(), old);
    await engine.write(setField(deployment(a), ['spec', 'env', 'X'], '1'));
    await engine.write(setField(deployment(b), ['spec', 'env', 'X'], '2'));
    const before = cells();
    await meanwhile(() => copyFile(old, checkpoint()));
    expect(cells()).toBe(before);
    await meanwhile(() => rm(checkpoint()));
    expect(cells()).toBe(before);
  });

  test('does not look far back after many writes', async () => {
    const old = join(fixture.folder, 'old.json');
    for (let turn = 0; turn < 9; turn += 1) await engine.writeAll(Array.from({ length: 32 }, (_, index) => setField(deployment(a), ['spec', 'env', 'X'], `${turn}-${index}`)));
    await copyFile(checkpoint(), old);
    const { main } = JSON.parse(await import('node:fs/promises').then((fs) => fs.readFile(old, 'utf8'))) as { main: string };
    expect(Number(fixture.git(['rev-list', '--count', `${main}..main`]))).toBeLessThan(64);
  }, 60_000);
});

describe('a history that was rewritten while nothing ran', () => {
  test('quarantines a tenant that it undid; a start from nothing takes it off the cells', async () => {
    const before = fixture.git(['rev-parse', 'main']);
    const id = 'zz99';
    const files = Object.fromEntries((await import('../bench/state.ts').then(({ generateState }) => generateState(1))).tenant(id));
    await meanwhile(() => fixture.push(files));
    expect(engine.tenantIds()).toContain(id);
    expect(await (await engine.cell('local'))!.tree(tenantDirectory(id))).toBeDefined();
    await meanwhile(() => fixture.git(['update-ref', 'refs/heads/main', before]));
    // A tenant goes in steps: this one is quarantined and runs on.
    expect([...engine.head().quarantines.keys()]).toEqual([id]);
    expect(await (await engine.cell('local'))!.tree(tenantDirectory(id))).toBeDefined();
    await meanwhile(() => rm(checkpoint()));
    expect([...engine.head().quarantines.keys()]).toEqual([id]);
    // Nothing is known of what was in force: the head is all that there is.
    await meanwhile(() => {
      fixture.git(['update-ref', '-d', 'refs/heads/cells/eu1']);
      return rm(checkpoint());
    });
    expect(engine.tenantIds()).toEqual([a, b]);
    expect(await (await engine.cell('local'))!.tree(tenantDirectory(id))).toBeUndefined();
  });

  test('leaves the last good tree of a quarantined tenant to go on with, also after git gc', async () => {
    const seed = fixture.git(['rev-parse', 'main']);
    const { commit: good } = await engine.write(setField(deployment(a), ['spec', 'env', 'GOOD'], '1'));
    const bad = fixture.commit({ [orders(a)]: 'spec: [' }, seed);
    fixture.git(['update-ref', 'refs/heads/main', bad]);
    await engine.write(setField(deployment(b), ['spec', 'env', 'X'], '1'));
    expect(engine.head().quarantines.get(a)?.commit).toBe(good);
    await meanwhile(() => fixture.git(['gc', '--quiet', '--prune=now']));
    expect(engine.head().quarantines.get(a)?.commit).toBe(good);
    expect((await engine.get(deployment(a)))!.object.spec.env).toHaveProperty('GOOD');
    // Gone for good: the tenant is not in force, and everything else goes on.
    await meanwhile(() => {
      fixture.git(['update-ref', '-d', `refs/cameleer/rewritten/${good}`]);
      fixture.git(['gc', '--quiet', '--prune=now']);
    });
    expect([...engine.head().quarantines.keys()]).toEqual([a]);
    await engine.write(setField(deployment(b), ['spec', 'env', 'X'], '2'));
  });
});

test('without a branch main every write is refused until it is back', async () => {
  const main = fixture.git(['rev-parse', 'main']);
  fixture.git(['update-ref', '-d', 'refs/heads/main']);
  await expect(engine.write(setField(deployment(a), ['spec', 'env', 'X'], '1'))).rejects.toMatchObject({ code: 'ref_failed' });
  fixture.git(['update-ref', 'refs/heads/main', main]);
  expect((await engine.write(setField(deployment(a), ['spec', 'env', 'X'], '1'))).base).toBe(main);
});
