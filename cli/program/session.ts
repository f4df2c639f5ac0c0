import type { Command } from 'commander';
import type { Verb } from '../program.ts';

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
}
