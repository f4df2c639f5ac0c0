/** Looks that are asked for within this time are one. */
const shortestMilliseconds = 1_000;

export interface Looker {
  /** Asks for a look; it begins at once, or when the last one was so long ago that nobody can wear us out by asking. */
  lookSoon(): void;
  close(): Promise<void>;
}

/** Joins hints that something has moved: at most one look runs and one waits, however many are asked for. */
export function makeLooker(look: () => Promise<void>, onError: (error: unknown) => void): Looker {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let last = Number.NEGATIVE_INFINITY;
  const run = () => {
    timer = undefined;
    last = performance.now();
    running = look()
      .catch(onError)
      .then(() => {
        running = undefined;
        if (again) lookSoon();
      });
  };
  const lookSoon = () => {
    again = running !== undefined;
    if (again || timer !== undefined) return;
    timer = setTimeout(run, Math.max(0, last + shortestMilliseconds - performance.now()));
  };
  return {
    lookSoon,
    async close() {
      clearTimeout(timer);
      await running;
      clearTimeout(timer);
    },
  };
}
