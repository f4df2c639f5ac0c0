import type { Change } from '../change.ts';
import type { Person } from '../git/index.ts';

export const committer: Person = { name: 'Cameleer', email: 'platform@noreply.cameleer.io' };

const longestSubject = 72;

/** The author: an opaque id with an address that leads nowhere. A service account's slash becomes a dot in the address. */
export function authorOf(actor: string): Person {
  if (!/^[A-Za-z0-9][A-Za-z0-9_./-]*$/.test(actor)) throw new TypeError(`${JSON.stringify(actor)} is not an opaque id of a person or service account.`);
  return { name: actor, email: `${actor.replaceAll('/', '.')}@users.noreply.cameleer.io` };
}

function trailer(key: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  if (/[\r\n\0]/.test(value) || value.trim() !== value || value === '') throw new TypeError(`The trailer ${key} can not hold ${JSON.stringify(value)}.`);
  return [`${key}: ${value}`];
}

export function formatMessage(subject: string, body: string, trailers: readonly string[]): string {
  const line = subject.replaceAll(/\s+/g, ' ').trim();
  const short = line.length > longestSubject ? `${line.slice(0, longestSubject - 1)}…` : line;
  return [short, body.trim(), trailers.join('\n')].filter((part) => part !== '').join('\n\n').concat('\n');
}

export function messageOf(change: Change): string {
  return formatMessage(change.subject, change.body ?? '', [
    ...trailer('Cameleer-Action', change.action),
    ...trailer('Cameleer-Actor', change.actor),
    ...trailer('Cameleer-Door', change.door),
    ...trailer('Cameleer-Tenant', change.tenant),
    ...trailer('Cameleer-Environment', change.environment),
    ...trailer('Cameleer-Application', change.application),
    ...trailer('Request-Id', change.requestId),
    ...trailer('Change-Request', change.changeRequest?.toString()),
    ...trailer('Plan-Hash', change.planHash === undefined ? undefined : `sha256:${change.planHash}`),
    ...(change.approvedBy ?? []).flatMap((person) => trailer('Approved-By', person)),
  ]);
}
