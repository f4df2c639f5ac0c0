import type { Command } from 'commander';
import type { Verb } from '../program.ts';
import type { PersonOptions } from '../verbs/people.ts';

export function addSessionVerbs(program: Command, verb: Verb): void {
  program
    .command('login')
    .description('sign in with a token, from a prompt or standard input')
    .action(verb(async (session) => (await import('../verbs/login.ts')).login(session)));
  program
    .command('logout')
    .description('forget the saved token')
    .action(verb(async (session) => (await import('../verbs/login.ts')).logout(session)));
  program
    .command('whoami')
    .description('who the token belongs to, and its roles')
    .action(verb(async (session) => (await import('../verbs/whoami.ts')).whoami(session)));

  const cell = program.command('cell').description('credentials with which a cell’s Flux reads its publication (operators only)');
  cell
    .command('token')
    .description('make a credential; it is shown once')
    .argument('<cell>', 'the cell, such as eu1')
    .option('-d, --description <text>', 'what it is for', 'Flux')
    .action(verb(async (session, name: string, options: { description: string }) => (await import('../verbs/cell.ts')).cellToken(session, name, options)));
  cell
    .command('tokens')
    .description('list the credentials')
    .argument('<cell>', 'the cell')
    .action(verb(async (session, name: string) => (await import('../verbs/cell.ts')).cellTokens(session, name)));
  cell
    .command('revoke')
    .description('end a credential at once')
    .argument('<cell>', 'the cell')
    .argument('<token>', 'its id, from `cameleer cell tokens`')
    .action(verb(async (session, name: string, token: string) => (await import('../verbs/cell.ts')).cellRevoke(session, name, token)));
  program
    .command('people')
    .description('who may sign in')
    .command('add')
    .description('add a person with a token, until sign-in comes by other ways (operators only)')
    .requiredOption('--name <name>', 'what people call them; stands in the ledger, never in Git')
    .option('-t, --tenant <tenant>', 'make them a member of this tenant')
    .option('--role <role>', 'with this role, in all environments', 'developer')
    .action(verb(async (session, options: PersonOptions) => (await import('../verbs/people.ts')).addPerson(session, options)));
}
