import { createHash } from 'node:crypto';
import type { PlanPart } from './plan-part.ts';

/**
 * SHA-256 over what a change does, part by part: the platform's own files first, then the tenants in order of their ids. Of
 * each part: the objects with their changed fields (of secrets the hashes of both values), the rendered files with the lines
 * from the first to the last that differ, and the risks (code and subject). Left out are the commits, so that a rebased change
 * keeps its hash; notices and cost, which are about the state; and all words, so that a better sentence changes no hash.
 */
export class PlanHash {
  readonly #hash = createHash('sha256').update('cameleer-plan-v1\n');

  add({ tenant, digest }: Pick<PlanPart, 'tenant' | 'digest'>): void {
    if (digest !== undefined) this.#hash.update(`${tenant === undefined ? 'platform' : `tenant ${tenant}`} ${digest}\n`);
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}
