import { EngineError, GitError, isUnreadable } from '../../engine/index.ts';
import { formatProblem } from '../../schemas/index.ts';
import { shown } from '../errors.ts';

/** What the person who pushed is told. */
export interface PushRefusal {
  /** Stands in brackets behind the ref. */
  readonly reason: string;
  /** Shown line by line before it. */
  readonly lines: readonly string[];
  /** The pack itself could not be taken. */
  readonly unpack?: string;
}

const mostLines = 100;

/** `undefined` for an error that is ours. */
export function pushRefusal(error: unknown): PushRefusal | undefined {
  if (error instanceof GitError && error.code === 'pack_refused') {
    const [first = '', ...details] = error.message.split('\n');
    return { reason: 'unpacker error', lines: details, unpack: first };
  }
  // git takes such a pack: that a tree names an entry a file says nothing to it about what the entry is, or how large.
  if (isUnreadable(error)) return { reason: error.code === 'too_large' ? 'too large' : 'an object is not what its tree says', lines: [error.message] };
  const known = shown(error);
  if (known === undefined) return undefined;
  const details = error instanceof EngineError ? detailsOf(error) : [];
  const more = details.length > mostLines ? [`and ${details.length - mostLines} more`] : [];
  return { reason: `${known.title.charAt(0).toLowerCase()}${known.title.slice(1)}`, lines: [known.error.message, ...details.slice(0, mostLines), ...more] };
}

function detailsOf({ problems = [], openings = [] }: EngineError): readonly string[] {
  const found = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  return found.length > 0 ? found : openings.map((opening) => opening.message);
}
