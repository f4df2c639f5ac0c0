import { below } from '../../api/testing/fuzz-git.ts';
import type { Target, TargetMaker } from './target.ts';

/** A target to try the fuzzer itself: one case in four blocks its process for good, one in four ends it. */
export const stuck: TargetMaker = {
  name: 'stuck',
  share: 0,
  reaches: ['alive'],
  open: (): Promise<Target<number>> =>
    Promise.resolve({
      name: 'stuck',
      make: (random) => below(random, 4),
      play(input) {
        if (input === 0) for (;;);
        if (input === 1) process.kill(process.pid, 'SIGKILL');
        return Promise.resolve({ answer: 'alive' });
      },
      inspect: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }),
};
