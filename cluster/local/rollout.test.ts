import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRollout, type RolloutPod } from './rollout.ts';

const state = fc.constantFrom({ ready: true, stopping: false }, { ready: false, stopping: false }, { ready: false, stopping: true });
const pod = fc.tuple(fc.uuid(), fc.boolean(), state).map(([id, current, { ready, stopping }]) => ({ id, current, ready, stopping }));
const pods = fc.uniqueArray(pod, { selector: ({ id }) => id, maxLength: 8 });

/** Plays the plan to its end: started pods become ready, stopping ones end. Calls `look` after each step. */
function play(start: readonly RolloutPod[], input: { replicas: number; exclusive: boolean }, look: (pods: readonly RolloutPod[]) => void): readonly RolloutPod[] {
  let now = [...start];
  for (let step = 0; step < 60; step += 1) {
    const plan = planRollout({ ...input, cautious: false, pods: now });
    now = now.map((item) => (plan.stop.includes(item.id) ? { ...item, ready: false, stopping: true } : item));
    for (let count = 0; count < plan.start; count += 1) now.push({ id: `new-${step}-${count}`, current: true, ready: false, stopping: false });
    look(now);
    const waiting = now.find((item) => item.stopping);
    now = waiting === undefined ? now.map((item, index) => (item.current && index === now.findIndex((other) => other.current && !other.ready) ? { ...item, ready: true } : item)) : now.filter((item) => item !== waiting);
  }
  return now;
}

test('from any state it ends with exactly the wanted pods, all new and ready', () => {
  fc.assert(fc.property(pods, fc.nat(5), fc.boolean(), (start, replicas, exclusive) => {
    const end = play(start, { replicas, exclusive }, () => {});
    expect(end.filter((item) => item.current && item.ready && !item.stopping).length).toBe(exclusive ? Math.min(1, replicas) : replicas);
    expect(end.length).toBe(exclusive ? Math.min(1, replicas) : replicas);
  }));
});

test('it never takes away a ready pod that is needed, and never runs more than one too many', () => {
  fc.assert(fc.property(pods, fc.nat(5), (start, replicas) => {
    let ready = start.filter((item) => item.ready).length;
    const most = Math.max(replicas + 1, start.filter((item) => !item.stopping).length);
    play(start, { replicas, exclusive: false }, (now) => {
      const next = now.filter((item) => item.ready).length;
      expect(next).toBeGreaterThanOrEqual(Math.min(ready, replicas));
      expect(now.filter((item) => !item.stopping).length).toBeLessThanOrEqual(most);
      ready = next;
    });
  }));
});

test('where only one process can hold the port, a new one starts only when no other is left', () => {
  fc.assert(fc.property(pods, fc.integer({ min: 1, max: 5 }), (start, replicas) => {
    const plan = planRollout({ replicas, exclusive: true, cautious: false, pods: start });
    if (plan.start > 0) expect(start).toEqual([]);
  }));
});

test('while nobody knows whether it honours its port, one pod starts', () => {
  expect(planRollout({ replicas: 3, exclusive: false, cautious: true, pods: [] })).toEqual({ start: 1, stop: [] });
  expect(planRollout({ replicas: 3, exclusive: false, cautious: true, pods: [{ id: 'a', current: true, ready: false, stopping: false }] }).start).toBe(0);
});
