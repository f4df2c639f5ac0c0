const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, `1500ms`, `1h` or plain seconds → milliseconds; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(ms|s|m|h)?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (units[match[2] ?? 's'] ?? 1000);
}

/** A whole number in the range, else undefined. */
export function parseWhole(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

/** `KEY=VALUE`, the value being everything after the first `=`, possibly empty. */
export function parsePair(text: string): readonly [string, string] | undefined {
  const at = text.indexOf('=');
  return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

/** `2026-11-20T12:00Z`, with or without seconds, in any zone, or a day → the same in UTC to the second; undefined when it is neither. */
export function parseMoment(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  const day = text.slice(0, 10);
  const [time, midnight] = [new Date(text), new Date(day)];
  if ([time, midnight].some((each) => Number.isNaN(each.getTime()))) return undefined;
  // JavaScript takes 31 February for 3 March.
  return midnight.toISOString().startsWith(day) ? `${time.toISOString().slice(0, 19)}Z` : undefined;
}
