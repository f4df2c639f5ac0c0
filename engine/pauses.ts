/** As long as one turn of long work keeps others waiting. */
const turnMilliseconds = 10;

/** Gives the event loop back between the pieces of long work: awaiting what is in memory already does not. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < turnMilliseconds) return;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    since = performance.now();
  };
}
