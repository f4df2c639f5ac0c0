import { committer } from '../commit/message.ts';
import { parseTrailers } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import type { SignatureVerdict } from './trust.ts';

const doors = new Set(['api', 'cli', 'web', 'platform']);

/** What the signature, the committer and the trailers of a commit of `main` say about each other. */
export function checkMainCommit(commit: ParsedCommit, verdict: SignatureVerdict): Finding[] {
  const at = { ref: 'main', commit: commit.id };
  const trailers = parseTrailers(commit.message);
  const by = person(commit);
  if (commit.committer.email === committer.email) return [...ofPlatform(commit, verdict), ...trailersOf(commit, trailers)];
  const found: Finding[] = [];
  if (verdict.by === 'invalid') found.push(finding('signature_invalid', at, `By ${by}.`));
  else if (verdict.by !== 'nobody') found.push(finding('signed_elsewhere', at, `By ${by}, with ${verdict.key ?? 'no key of SSH'}.`));
  if (doors.has(trailers.get('Cameleer-Door')?.[0] ?? '')) found.push(finding('trailers_borrowed', at, `By ${by}.`));
  return found;
}

function trailersOf(commit: ParsedCommit, trailers: ReadonlyMap<string, readonly string[]>): Finding[] {
  const at = { ref: 'main', commit: commit.id };
  const by = person(commit);
  const actor = trailers.get('Cameleer-Actor')?.[0] ?? commit.author.name;
  // What the platform merges names the plan, also where nobody had to agree.
  const proposed = trailers.has('Change-Request') && !trailers.has('Plan-Hash');
  return [
    ...(actor === commit.author.name ? [] : [finding('actor_mismatch', at, `${actor}, and the author is ${by}.`)]),
    ...(proposed ? [finding('merged_elsewhere', at, `Proposed by ${by}.`)] : []),
  ];
}

function ofPlatform(commit: ParsedCommit, { by, key }: SignatureVerdict): Finding[] {
  const at = { ref: 'main', commit: commit.id };
  const author = `It says that ${person(commit)} is its author.`;
  if (by === 'trusted') return [];
  const code = ({ invalid: 'signature_invalid', retired: 'key_retired', nobody: 'platform_forged', unknown: 'unknown_key', elsewhere: 'unknown_key' } as const)[by];
  return [finding(code, at, key === undefined ? author : `${key}. ${author}`)];
}

function person({ author }: ParsedCommit): string {
  return `${author.name} <${author.email}>`;
}
