import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '../../engine/index.ts';
import { LedgerError, listAudit, openLedger, unfinishedAudit, verifyAudit, type Ledger } from '../../ledger/index.ts';
import { auditChains } from '../backup/restore-backup.ts';
import type { ExamineOptions, Raw } from './examine.ts';

/** Of each chain: a change that is not on `main` is seen by what came after it as well. */
const lookedAt = 1_000;

/** The ledger by itself, and against `main`. */
export async function examineLedger({ directory, databaseUrl }: ExamineOptions, repository: string): Promise<readonly Raw[]> {
  const place = databaseUrl === undefined ? { directory: join(directory, 'ledger') } : { url: databaseUrl };
  if ('directory' in place && !existsSync(place.directory)) return [{ code: 'ledger_missing', where: place.directory }];
  let ledger: Ledger;
  try {
    ledger = await openLedger(place);
  } catch (error) {
    if (!(error instanceof LedgerError)) return [{ code: 'ledger_unreadable', where: error instanceof Error ? error.message : 'ledger' }];
    return [error.code === 'ledger_locked' ? { code: 'ledger_not_checked', where: 'ledger' } : { code: 'ledger_unreadable', where: error.message }];
  }
  try {
    const found: Raw[] = [];
    const onMain = await commitsInForce(repository);
    for (const chain of await auditChains(ledger)) found.push(...(await examineChain(ledger, chain, onMain)));
    const unfinished = await unfinishedAudit(ledger);
    return [...found, ...unfinished.map(({ chain, requestId, action }) => ({ code: 'audit_unfinished' as const, where: `${chain}: ${action} ${requestId}` }))];
  } finally {
    await ledger.close();
  }
}

/** What branches lead to, but for what was taken off `main`; `undefined` when git can not tell, which is a finding of its own. */
async function commitsInForce(repository: string): Promise<ReadonlySet<string> | undefined> {
  const output = await runGit(repository, ['rev-list', '--exclude=refs/cameleer/rewritten/*', '--all']).catch(() => undefined);
  return output && new Set(output.toString('latin1').split('\n'));
}

async function examineChain(ledger: Ledger, chain: string, onMain: ReadonlySet<string> | undefined): Promise<readonly Raw[]> {
  const verdict = await verifyAudit(ledger, chain);
  const broken: readonly Raw[] = verdict.intact ? [] : [{ code: 'audit_broken', where: `${chain}, event ${verdict.brokenAt ?? 0}` }];
  const records = await listAudit(ledger, { chain, after: Math.max(0, verdict.events - lookedAt), limit: lookedAt });
  const lost = records.flatMap(({ phase, commit, action }) => (phase !== 'done' || commit === undefined || (onMain?.has(commit) ?? true) ? [] : [{ code: 'main_behind_ledger' as const, where: `${chain}: ${action} ${commit}` }]));
  return [...broken, ...lost];
}
