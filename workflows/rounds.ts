export interface Rounds {
  /** Waits for a round that begins now. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Goes round at once and then regularly, one round at a time. What a round throws is told, and the next one tries again. */
export function goRound(round: () => Promise<void>, { milliseconds, onError }: { readonly milliseconds: number; readonly onError: (error: unknown) => void }): Rounds {
  let turn: Promise<void> = Promise.resolve();
  const go = () => {
    turn = turn.then(round).catch(onError);
    return turn;
  };
  const timer = setInterval(() => void go(), milliseconds);
  timer.unref();
  void go();
  return {
    settled: go,
    async close() {
      clearInterval(timer);
      await turn;
    },
  };
}
