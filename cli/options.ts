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
