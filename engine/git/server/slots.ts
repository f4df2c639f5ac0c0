export interface Slots {
  /** Runs the work when there is room. `undefined`: there was none for as long as one may wait. */
  take(): Promise<(() => void) | undefined>;
}

export interface SlotLimits {
  readonly running: number;
  readonly waiting: number;
  readonly milliseconds: number;
}

/** Room for so many at once; so many more may wait, for so long. */
export function makeSlots({ running, waiting, milliseconds }: SlotLimits): Slots {
  let busy = 0;
  const queue: (() => void)[] = [];
  const release = () => {
    const next = queue.shift();
    if (next === undefined) busy -= 1;
    else next();
  };
  /** Counts once, however often it is called. */
  const giveBack = () => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      release();
    };
  };
  return {
    async take() {
      if (busy < running) {
        busy += 1;
        return giveBack();
      }
      if (queue.length >= waiting) return undefined;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const turn = () => resolve(true);
      queue.push(turn);
      const timer = setTimeout(() => {
        const at = queue.indexOf(turn);
        if (at >= 0) queue.splice(at, 1);
        resolve(at < 0);
      }, milliseconds);
      const mine = await promise;
      clearTimeout(timer);
      return mine ? giveBack() : undefined;
    },
  };
}
