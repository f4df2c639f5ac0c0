import type { Command } from 'commander';
import type { Verb } from '../program.ts';
import type { AuditVerifyOptions } from '../verbs/audit-verify.ts';
import { each } from './arguments.ts';

export function addAuditVerbs(program: Command, verb: Verb): void {
  const audit = program.command('audit').description('for auditors');

  audit
    .command('verify')
    .description('verify a clone offline: signatures, rendered manifests, branches that never went back, approvals')
    .argument('<repository>', 'a clone of the state repository, or the bare repository itself')
    .option('--keys <file>', 'the platform’s public keys, as `keys/allowed-signers` of the data directory has them')
    .option('--root-key <key>', 'a public key `ssh-ed25519 AAAA…`; may be given several times', each, [])
    .option('--anchor <file>', 'heads that an earlier verification saw and that must still be there; renewed when nothing is wrong')
    .action(verb(async (session, repository: string, options: AuditVerifyOptions) => (await import('../verbs/audit-verify.ts')).auditVerify(session, repository, options)));

  audit
    .command('mailmap')
    .description('the names behind the opaque authors of the state repository (operators only)')
    .action(verb(async (session) => (await import('../verbs/audit-mailmap.ts')).auditMailmap(session)));
}
