import { InvalidArgumentError, Option } from 'commander';
import { parseDuration, parseMoment, parsePair, parseWhole } from '../options.ts';
import { parseApplicationTarget, parseTarget, type ApplicationTarget, type Target } from '../target.ts';

function refused<T extends object>(parsed: T | string): T {
  if (typeof parsed === 'string') throw new InvalidArgumentError(parsed);
  return parsed;
}

export function target(text: string): Target {
  return refused(parseTarget(text));
}

export function application(text: string): ApplicationTarget {
  return refused(parseApplicationTarget(text));
}

export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parseWhole(text, least, most);
    if (value === undefined) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

export function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a duration such as 90s or 5m.');
  return value;
}

/** A time, as RFC 3339 writes it. */
export function moment(text: string): string {
  const value = parseMoment(text);
  if (value === undefined) throw new InvalidArgumentError('It must be a time such as 2026-11-20T12:00Z, or a day such as 2026-11-20 (its beginning, UTC).');
  return value;
}

export function momentOrCommit(text: string): string {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : moment(text);
}

/** Collects `KEY=VALUE`, the last one winning. */
export function pair(text: string, previous: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const parsed = parsePair(text);
  if (parsed === undefined) throw new InvalidArgumentError('It must be KEY=VALUE.');
  return new Map([...previous, parsed]);
}

export function each(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text];
}

export const environment = (): Option => new Option('-e, --env <environment>', 'environment, such as dev').makeOptionMandatory();
export const optionalEnvironment = (): Option => new Option('-e, --env <environment>', 'one environment');
export const dryRun = (): Option => new Option('--dry-run', 'show the plan and write nothing');
export const wait = (): Option => new Option('-w, --wait', 'wait until it is live');
export const timeout = (): Option => new Option('--timeout <duration>', 'how long --wait waits').argParser(duration).default(300_000, '5m');
export const asRequest = (): Option => new Option('--request', 'make a change request of it, also where no policy asks for approval');
export const autoMerge = (): Option => new Option('--auto-merge', 'of a change request: merge it as soon as every check has passed');
