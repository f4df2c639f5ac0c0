import { CliError } from './errors.ts';
import { parseMoment } from './options.ts';

/** What is to be taken back, as the API takes it. */
export interface Reverted {
  readonly tenant: string;
  readonly commit?: string;
  readonly range?: { readonly base: string; readonly head: string };
  readonly asOf?: string;
  readonly environment?: string;
  readonly application?: string;
}

interface Scope {
  readonly tenant?: string;
  readonly env?: string;
  readonly app?: string;
}

const asOf = /^(\S+) +as +of +(\S+)$/;

/** Reads `COMMIT`, `COMMIT..COMMIT` or `TENANT[/ENVIRONMENT] as of TIME`. */
export function parseReverted(text: string, scope: Scope): Reverted {
  const { tenant, env, app } = scope;
  const place = { ...(env !== undefined && { environment: env }), ...(app !== undefined && { application: app }) };
  const [, target, time] = asOf.exec(text) ?? [];
  if (target !== undefined && time !== undefined) return { ...place, ...placeOf(target, scope), asOf: timeOf(time) };
  if (tenant === undefined) throw usage('Which tenant?', 'add --tenant TENANT, or write `cameleer revert TENANT/ENVIRONMENT as of TIME`');
  return { ...place, tenant, ...commitsOf(text) };
}

/** Flags may say the same as the words, not something else. */
function placeOf(target: string, { tenant, env }: Scope): Pick<Reverted, 'tenant' | 'environment'> {
  const [named = '', environment, ...more] = target.split('/');
  if (more.length > 0) throw usage(`'${target}' is neither a tenant nor an environment of one.`, 'write TENANT/ENVIRONMENT, and name one application with --app');
  for (const [flag, given, said] of [['--tenant', tenant, named], ['--env', env, environment ?? env]]) {
    if (given !== undefined && given !== said) throw usage(`${flag} ${given} says something else than '${target}'.`, `leave out ${flag}`);
  }
  return { tenant: named, ...(environment !== undefined && { environment }) };
}

function commitsOf(text: string): Pick<Reverted, 'commit' | 'range'> {
  const [, base, head] = /^([0-9a-f]{4,40})(?:\.\.([0-9a-f]{4,40}))?$/i.exec(text) ?? [];
  if (base === undefined) throw usage(`'${text}' is no commit, range of commits, or state as of a time.`, 'take a commit from `cameleer history`, write FIRST..LAST, or TENANT/ENVIRONMENT as of 2026-11-20');
  return head === undefined ? { commit: base } : { range: { base, head } };
}

/** A date alone means the end of that day, in UTC. What people write in different orders, or without a zone, is not guessed. */
function timeOf(text: string): string {
  const time = parseMoment(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59Z` : text);
  if (time === undefined) throw usage(`'${text}' is no date or time.`, 'write it as 2026-11-20 or 2026-11-20T14:30:00Z');
  return time;
}

function usage(message: string, next: string): CliError {
  return new CliError('usage', message, { next });
}
