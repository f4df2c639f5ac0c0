import type { Subject } from '../access/index.ts';
import type { Door } from '../engine/index.ts';

/** Who asks for a change, through which door, under which request id. */
export interface Caller {
  readonly subject: Subject;
  readonly door: Door;
  /** Becomes the commit's `Request-Id`; the same for a repeated request with the same Idempotency-Key. */
  readonly requestId: string;
  /** This request has been seen before without an answer: look for its commit first. */
  readonly repeated?: boolean;
}

/** The form that trailers and the audit carry: `usr_…`, or `<tenant>/<service account>`. */
export function actorOf(subject: Subject): string {
  return subject.kind === 'person' ? subject.id : `${subject.tenant}/${subject.name}`;
}

/** The inverse of `actorOf`. */
export function subjectOf(actor: string): Subject {
  const slash = actor.indexOf('/');
  if (slash < 0) return { kind: 'person', id: actor };
  return { kind: 'serviceAccount', tenant: actor.slice(0, slash), name: actor.slice(slash + 1) };
}
