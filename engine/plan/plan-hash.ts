import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Plan } from '../types.ts';

/** SHA-256 over the RFC 8785 form of what the change does; `base` and `head` are left out, so a rebased change keeps its hash. */
export function planHash(plan: Omit<Plan, 'hash' | 'base' | 'head'>): string {
  const { objects, rendered, blastRadius, risks, problems } = plan;
  const text = canonicalize(JSON.parse(JSON.stringify({ objects, rendered, blastRadius, risks, problems })));
  return createHash('sha256').update(text ?? '').digest('hex');
}
