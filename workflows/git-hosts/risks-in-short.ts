import type { Risk } from '../../engine/index.ts';

const notice = 'not_enforced_yet';
/** Where the field stands, in front of the sentence. */
const place = /^\S+:\d+: /;

/**
 * The risks of a plan for people: each of the change, then, each sentence once, what nothing enforces yet. Those are about the
 * state, and a tenant with many releases would have them many times over what people are to agree to.
 */
export function risksInShort(risks: readonly Risk[]): readonly Pick<Risk, 'code' | 'message'>[] {
  const sentences = Map.groupBy(risks.filter(({ code }) => code === notice), ({ message }) => message.replace(place, ''));
  const notices = [...sentences].map(([sentence, [first, ...others]]) => ({ code: notice, message: others.length === 0 ? (first?.message ?? sentence) : `${sentence} (${others.length + 1} times)` }));
  return [...risks.filter(({ code }) => code !== notice), ...notices];
}
