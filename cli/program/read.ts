import type { Command } from 'commander';
import type { Verb } from '../program.ts';
import type { ApplicationTarget, Target } from '../target.ts';
import type { BlameOptions } from '../verbs/blame.ts';
import type { GetOptions } from '../verbs/get.ts';
import type { HistoryOptions } from '../verbs/history.ts';
import type { LogsOptions } from '../verbs/logs.ts';
import type { StatusOptions } from '../verbs/status.ts';
import { application, environment, moment, momentOrCommit, optionalEnvironment, target, whole } from './arguments.ts';

export function addReadVerbs(program: Command, verb: Verb): void {
  program
    .command('status')
    .description('what runs, and what was wanted')
    .argument('<target>', 'TENANT or TENANT/APPLICATION', target)
    .addOption(optionalEnvironment())
    .option('-w, --watch', 'follow the changes of one environment')
    .action(verb(async (session, where: Target, options: StatusOptions) => (await import('../verbs/status.ts')).status(session, where, options)));

  program
    .command('logs')
    .description('output of the pods, also of those that have died')
    .argument('<application>', 'TENANT/APPLICATION', application)
    .addOption(environment())
    .option('-f, --follow', 'go on as new lines come')
    .option('-n, --tail <lines>', 'begin with this many of the last lines', whole(0, 10_000))
    .option('--pod <name>', 'one pod')
    .action(verb(async (session, where: ApplicationTarget, options: LogsOptions) => (await import('../verbs/logs.ts')).logs(session, where, options)));

  program
    .command('history')
    .description('who changed what, newest first')
    .argument('[target]', 'TENANT or TENANT/APPLICATION; everything for operators and auditors', target)
    .addOption(optionalEnvironment())
    .option('--path <path>', 'one object: its path in the state, below the tenant when one is named')
    .option('--actor <author>', 'by this person or service account')
    .option('--action <action>', 'such as app.deploy')
    .option('--from <time>', 'at or after a time, such as 2026-11-20T12:00Z', moment)
    .option('--to <time>', 'before a time', moment)
    .option('--before <commit>', 'go on after the last commit of the page before')
    .option('-n, --limit <entries>', 'how many entries', whole(1, 200), 20)
    .action(verb(async (session, where: Target | undefined, options: HistoryOptions) => (await import('../verbs/history.ts')).history(session, where, options)));

  program
    .command('blame')
    .description('who set each field of an object, when and by which commit')
    .argument('<target>', 'TENANT or TENANT/APPLICATION', target)
    .addOption(optionalEnvironment())
    .option('--path <path>', 'another object: its path in the state below the tenant, such as members/usr_….yaml')
    .option('--at <time>', 'as of a time or at a commit', momentOrCommit)
    .action(verb(async (session, where: Target, options: BlameOptions) => (await import('../verbs/blame.ts')).blame(session, where, options)));

  program
    .command('proof')
    .description('is my version live, and why: every link from the commit to the pods')
    .argument('<application>', 'TENANT/APPLICATION', application)
    .addOption(environment())
    .action(verb(async (session, where: ApplicationTarget, options: { env: string }) => (await import('../verbs/proof.ts')).proof(session, where, options)));

  program
    .command('get')
    .description('list tenants, summarise one, or show an object as its file')
    .argument('[target]', 'TENANT or TENANT/APPLICATION', target)
    .addOption(optionalEnvironment())
    .option('-r, --release <release>', 'one release')
    .option('--releases', 'all releases')
    .option('--hold', 'the hold of an environment')
    .option('--at <time>', 'as of a time, such as 2026-11-20T12:00Z, or at a commit (its full id)', momentOrCommit)
    .action(verb(async (session, where: Target | undefined, options: GetOptions) => (await import('../verbs/get.ts')).get(session, where, options)));
}
