import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { deployment, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { runGit } from './git/run-git.ts';
import { EngineError } from './index.ts';
import type { Engine, Intent, WriteResult } from './index.ts';

let fixture: Fixture;
let engine: Engine;
let counter = 0;

beforeAll(async () => {
  fixture = await makeFixture(3);
  engine = await fixture.open();
});
afterAll(async () => {
  await engine.close();
  await fixture.remove();
});

interface Action {
  readonly door: 'engine' | 'push';
  readonly tenant: number;
  readonly pause: number;
}

const actions = fc.array(fc.record({ door: fc.constantFrom('engine' as const, 'engine' as const, 'engine' as const, 'push' as const), tenant: fc.nat(2), pause: fc.nat(15) }), { minLength: 4, maxLength: 14 });

/** An operator's push: a commit made with stock git, moved with the old value given, tried again when it was too late. */
function push(tenant: string, field: string): string {
  const path = `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
  for (;;) {
    const head = fixture.git(['rev-parse', 'main']);
    const commit = fixture.commit({ [path]: fixture.read(path, head).replace('  env:\n', `  env:\n    ${field}: pushed\n`) }, head);
    try {
      fixture.git(['update-ref', 'refs/heads/main', commit, head]);
      return commit;
    } catch {
      // Somebody was faster.
    }
  }
}

async function run(action: Action): Promise<{ commit: string; tenant: string; field: string }> {
  const tenant = fixture.state.tenantIds[action.tenant]!;
  counter += 1;
  const field = `F${counter}`;
  await new Promise((resolve) => {
    setTimeout(resolve, action.pause);
  });
  if (action.door === 'push') return { commit: push(tenant, field), tenant, field };
  const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', field], 'written'));
  return { commit, tenant, field };
}

test('whoever writes through whichever door, no update is lost and every answer is in the history', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const done = await Promise.all(list.map(run));
      // A write comes after every push in the engine's queue, so that the engine has seen them all.
      await engine.write(setField(deployment(fixture.state.tenantIds[0]!), ['spec', 'env', `F${(counter += 1)}`], 'last'));
      const history = new Set(fixture.git(['rev-list', '--first-parent', 'main']).split('\n'));
      expect(fixture.git(['rev-parse', 'main'])).toBe(engine.head().commit);
      expect(engine.head().quarantines.size).toBe(0);
      for (const { commit, tenant, field } of done) {
        expect(history.has(commit)).toBe(true);
        expect((await engine.get(deployment(tenant)))!.object.spec.env).toHaveProperty(field);
      }
      const cell = (await engine.cell('local'))!;
      expect(cell.sourceCommit).toBe(engine.head().commit);
    }),
    { numRuns: 8 },
  );
  fixture.git(['fsck', '--strict']);
});

/** On a busy machine the pushers may be quicker for so long that a write is given up: then nothing was changed, and it is made again. */
async function written(intent: Intent): Promise<WriteResult> {
  for (;;) {
    try {
      return await engine.write(intent);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'overtaken') throw error;
    }
  }
}

test('pushes by git in another process, packing and writes at once: nothing is lost', { timeout: 120_000 }, async () => {
  const { directory, folder, state } = fixture;
  const [pushed = '', ...others] = state.tenantIds;
  const path = `${tenantDirectory(pushed)}/environments/dev/apps/orders.yaml`;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/pusher.child.ts'), directory, join(folder, 'clone'), path, 'PUSH'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await vi.waitFor(() => expect(output).not.toBe(''), { timeout: 30_000 });
  const done = new AbortController();
  const answers: { commit: string; tenant: string; field: string }[] = [];
  const writer = async (name: number) => {
    for (let turn = 0; turn < 25 || (output.split('\n').length < 5 && child.exitCode === null); turn += 1) {
      const [tenant, field] = [others[name % others.length]!, `W${name}_${turn}`];
      const { commit } = await written(setField(deployment(tenant, 'prod'), ['spec', 'env', field], 'written'));
      answers.push({ commit, tenant, field });
    }
  };
  const packing = async () => {
    const work = [['pack-refs', '--all', '--prune'], ['gc', '--quiet']];
    for (let turn = 0; !done.signal.aborted; turn += 1) {
      // One that finds upkeep at work refuses.
      await runGit(directory, work[turn % work.length]!).catch(() => {});
    }
  };
  const packed = packing();
  try {
    await Promise.all([0, 1, 2, 3].map(writer));
  } finally {
    done.abort();
    child.stdin.end();
    await Promise.all([closed, packed]);
  }
  expect(child.exitCode).toBe(0);
  expect([...engine.head().quarantines.values()]).toEqual([]);
  await engine.write(setField(deployment(pushed), ['spec', 'env', 'LAST'], '1'));
  const pushes = output.trim().split('\n').map((line) => line.split(' ') as [string, string]);
  const history = new Set(fixture.git(['rev-list', '--first-parent', 'main']).split('\n'));
  const env = async (tenant: string) => (await engine.get(deployment(tenant, tenant === pushed ? 'dev' : 'prod')))!.object.spec.env;
  for (const [commit, field] of pushes) {
    expect(history.has(commit)).toBe(true);
    expect(await env(pushed)).toHaveProperty(field);
  }
  for (const { commit, tenant, field } of answers) {
    expect(history.has(commit)).toBe(true);
    expect(await env(tenant)).toHaveProperty(field);
  }
  expect(fixture.git(['fsck', '--strict', '--no-dangling'])).toBe('');
});
