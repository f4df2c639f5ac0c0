import { Option, type Command } from 'commander';
import type { Verb } from '../program.ts';
import type { AuditAccessOptions } from '../verbs/audit-access.ts';
import type { AuditExportOptions } from '../verbs/audit-export.ts';
import type { AuditVerifyOptions } from '../verbs/audit-verify.ts';
import { each, moment, momentOrCommit, optionalEnvironment } from './arguments.ts';

export function addAuditVerbs(program: Command, verb: Verb): void {
  const audit = program.command('audit').description('for auditors');

  audit
    .command('verify')
    .description('verify a clone offline: signatures, rendered manifests, branches that never went back, approvals')
    .argument('<repository>', 'a clone of the state repository, or the bare repository itself')
    .option('--keys <file>', 'the platform’s public keys, as `keys/allowed-signers` of the data directory has them')
    .option('--root-key <key>', 'a public key `ssh-ed25519 AAAA…`; may be given several times', each, [])
    .option('--since <commit>', 'take what came before as given: up to a commit of main, or before a time such as 2026-11-20', momentOrCommit)
    .option('--anchor <file>', 'heads that an earlier verification saw and that must still be there; renewed when nothing is wrong')
    .action(verb(async (session, repository: string, options: AuditVerifyOptions) => (await import('../verbs/audit-verify.ts')).auditVerify(session, repository, options)));

  audit
    .command('access')
    .description('who may do what, or could at a time (operators and auditors)')
    .option('--at <time>', 'as of a time, such as 2026-11-20, or at a commit', momentOrCommit)
    .option('--compare <time>', 'what has changed since that earlier time or commit', momentOrCommit)
    .option('-t, --tenant <tenant>', 'one tenant')
    .addOption(optionalEnvironment())
    .addOption(new Option('--format <format>', 'how it is printed').choices(['table', 'csv']).default('table'))
    .action(verb(async (session, options: AuditAccessOptions) => (await import('../verbs/audit-access.ts')).auditAccess(session, options)));

  audit
    .command('export')
    .description('a period for an auditor: commits, signatures, verdicts, approvals')
    .requiredOption('--from <time>', 'at or after it, such as 2026-10-01', moment)
    .requiredOption('--to <time>', 'before it', moment)
    .addOption(new Option('--format <format>', 'JSON Lines, or one page to read and print').choices(['jsonl', 'html']).default('jsonl'))
    .option('-t, --tenant <tenant>', 'one tenant (operators and auditors export all of them)')
    .option('--names', 'with the names of people from the ledger (operators only); without it their opaque ids')
    .action(verb(async (session, options: AuditExportOptions) => (await import('../verbs/audit-export.ts')).auditExport(session, options)));

  audit
    .command('mailmap')
    .description('the names behind the opaque authors of the state repository (operators only)')
    .action(verb(async (session) => (await import('../verbs/audit-mailmap.ts')).auditMailmap(session)));
}
