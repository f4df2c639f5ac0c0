const steps: readonly (readonly [number, string])[] = [[86_400, 'd'], [3_600, 'h'], [60, 'min']];

/** `2026-11-23T14:31:02Z` → `14:31:02 UTC, 2 min ago`; the date stands in it when it is not today's. */
export function ago(timestamp: string, now: Date): string {
  const time = Date.parse(timestamp);
  if (Number.isNaN(time)) return timestamp;
  const iso = new Date(time).toISOString();
  const day = iso.slice(0, 10) === now.toISOString().slice(0, 10) ? '' : `${iso.slice(0, 10)} `;
  return `${day}${iso.slice(11, 19)} UTC, ${duration(Math.max(0, now.getTime() - time))} ago`;
}

/** Milliseconds as one rounded number with its unit. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const step = steps.find(([size]) => seconds >= size);
  return step === undefined ? `${seconds} s` : `${Math.round(seconds / step[0])} ${step[1]}`;
}

/** Bytes as binary megabytes or kilobytes. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`;
}
