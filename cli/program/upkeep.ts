import type { Command } from 'commander';
import type { Verb } from '../program.ts';
import type { BackupCreateOptions } from '../verbs/backup-create.ts';
import type { BackupReadOptions } from '../verbs/backup-restore.ts';
import type { DoctorOptions } from '../verbs/doctor.ts';
import { each } from './arguments.ts';

const readOptions = (command: Command): Command =>
  command
    .argument('<backup>', 'the file or folder of a backup')
    .option('--signers <file>', 'keys of the platform, as `keys/allowed-signers`, kept outside the backup')
    .option('--identity <file>', 'an age identity that opens the keys of the backup (repeatable)', each, []);

export function addUpkeepVerbs(program: Command, verb: Verb): void {
  program
    .command('doctor')
    .description('find and explain each broken state of a data directory; read only, unless --repair')
    .option('--data <directory>', 'the data directory (default: CAMELEER_DATA, else var of the clone)')
    .option('--repair', 'mend what is safe; the control plane must be stopped')
    .action(verb(async (session, options: DoctorOptions) => (await import('../verbs/doctor.ts')).doctor(session, options)));
  const backup = program.command('backup').description('back up the state repository and the ledger, and restore them');
  backup
    .command('create')
    .description('a consistent pair of both, taken while writes go on')
    .argument('<path>', 'a new file when it ends in .tar, else a new folder')
    .option('--keys-for <recipient>', 'put the private keys in, encrypted to this age recipient')
    .action(verb(async (session, path: string, options: BackupCreateOptions) => (await import('../verbs/backup-create.ts')).backupCreate(session, path, options)));
  readOptions(backup.command('restore').description('make a data directory of a backup, once everything in it was verified'))
    .requiredOption('--data <directory>', 'an empty or new data directory; it may hold registry/')
    .option('--database-url-from <variable>', 'the environment variable that holds the URL of an empty PostgreSQL database, such as CAMELEER_DATABASE_URL; default: the embedded ledger')
    .action(verb(async (session, path: string, options: BackupReadOptions & { data: string; databaseUrlFrom?: string }) => (await import('../verbs/backup-restore.ts')).backupRestore(session, path, options)));
  readOptions(backup.command('rehearse').description('restore into a temporary place, verify, report, and remove it'))
    .action(verb(async (session, path: string, options: BackupReadOptions) => (await import('../verbs/backup-restore.ts')).backupRehearse(session, path, options)));
}
