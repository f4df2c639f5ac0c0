import { Option, type Command } from 'commander';
import type { Verb } from '../program.ts';
import type { ListOptions } from '../verbs/request.ts';
import { each, whole } from './arguments.ts';

export function addRequestVerbs(program: Command, verb: Verb): void {
  const request = program.command('request').description('change requests: who proposes what, who agreed, and the merge');
  const one = (name: string, description: string) => request.command(name).description(description).argument('<number>', 'the number of the request', whole(1, 999_999_999));

  request
    .command('list')
    .description('newest first')
    .option('-t, --tenant <tenant>', 'of one tenant; else of all, for operators')
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'merged', 'closed']))
    .option('--before <number>', 'go on after the last one of the page before', whole(1, 999_999_999))
    .option('-n, --limit <entries>', 'how many', whole(1, 200), 50)
    .action(verb(async (session, options: ListOptions) => (await import('../verbs/request.ts')).listRequests(session, options)));

  one('show', 'its checks, approvals and plan, as of now')
    .action(verb(async (session, number: number) => (await import('../verbs/request.ts')).showRequest(session, number)));

  one('approve', 'agree to what it would do now; shows the plan and asks')
    .option('-y, --yes', 'do not ask')
    .option('--plan <hash>', 'the plan that was seen, by at least eight digits of its hash; then it does not ask')
    .action(verb(async (session, number: number, options: { yes?: boolean; plan?: string }) => (await import('../verbs/request.ts')).approveRequest(session, number, options)));

  one('withdraw', 'take back your approval')
    .action(verb(async (session, number: number) => (await import('../verbs/request.ts')).withdrawApproval(session, number)));

  one('merge', 'make its change, when every check has passed')
    .action(verb(async (session, number: number) => (await import('../verbs/request.ts')).mergeRequest(session, number)));

  one('update', 'put other files in the place of what it asks for, or make it anew on the head')
    .addOption(new Option('-f, --filename <file>', 'a file at its path in the state (repeatable)').argParser(each).default([] as readonly string[], 'none'))
    .option('--title <title>', 'another title')
    .action(verb(async (session, number: number, options: { filename: readonly string[]; title?: string }) => (await import('../verbs/request.ts')).updateRequest(session, number, options)));

  one('close', 'end it without merging; its commit is kept')
    .action(verb(async (session, number: number) => (await import('../verbs/request.ts')).setStatus(session, number, 'closed')));

  one('reopen', 'open a closed one again')
    .action(verb(async (session, number: number) => (await import('../verbs/request.ts')).setStatus(session, number, 'open')));
}
