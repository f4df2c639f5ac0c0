import { Argument, Option, type Command } from 'commander';
import type { Verb } from '../program.ts';
import type { ApplicationTarget } from '../target.ts';
import type { ApplyOptions } from '../verbs/apply.ts';
import type { ConfigSet, ConfigUnset } from '../verbs/config.ts';
import type { DeployOptions } from '../verbs/deploy.ts';
import type { PromoteOptions } from '../verbs/promote.ts';
import type { RevertOptions } from '../verbs/revert.ts';
import type { EnvironmentOptions } from '../verbs/run-state.ts';
import { application, asRequest, autoMerge, dryRun, each, environment, optionalEnvironment, pair, timeout, wait, whole } from './arguments.ts';

const targetHelp = 'TENANT/APPLICATION, such as acme/orders';

/** A verb that changes one application in one environment. */
function change(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).argument('<application>', targetHelp, application).addOption(environment()).addOption(dryRun()).addOption(asRequest()).addOption(autoMerge()).addOption(wait()).addOption(timeout());
}

export function addWriteVerbs(program: Command, verb: Verb): void {
  change(program, 'deploy', 'upload a JAR and deploy it, or deploy a release that exists')
    .option('-j, --jar <file>', 'the JAR to upload')
    .option('-r, --release <release>', 'the release, such as v3; with --jar: the name it must get')
    .option('--replicas <number>', 'how many pods', whole(0, 100))
    .action(verb(async (session, target: ApplicationTarget, options: DeployOptions) => (await import('../verbs/deploy.ts')).deploy(session, target, options)));

  program
    .command('apply')
    .description('write whole files of a state, such as those of a clone of the tenant’s repository')
    .addOption(repeated('-f, --filename <file>', 'a file at its path in the state (repeatable)', each, []))
    .addOption(dryRun()).addOption(asRequest()).addOption(autoMerge())
    .option('--title <title>', 'of the change request, which takes all files together')
    .action(verb(async (session, options: ApplyOptions) => (await import('../verbs/apply.ts')).apply(session, options)));

  program
    .command('promote')
    .description('give an environment the release that another one runs')
    .argument('<application>', targetHelp, application)
    .requiredOption('--from <environment>', 'where it runs')
    .requiredOption('--to <environment>', 'where it goes')
    .option('-r, --release <release>', 'refuse when it is not this one that runs there')
    .addOption(dryRun()).addOption(asRequest()).addOption(autoMerge()).addOption(wait()).addOption(timeout())
    .action(verb(async (session, target: ApplicationTarget, options: PromoteOptions) => (await import('../verbs/promote.ts')).promote(session, target, options)));

  change(program, 'rollback', 'undo the newest change of release, and hold it there')
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions) => (await import('../verbs/rollback.ts')).rollback(session, target, options)));

  program
    .command('revert')
    .description('take deployments and configuration back: what a commit or a range did, or everything as of a time; shows the plan and asks')
    .argument('<what...>', 'COMMIT, COMMIT..COMMIT (the commits after the first, up to the second), or TENANT[/ENVIRONMENT] as of TIME')
    .option('-t, --tenant <tenant>', 'the tenant; with `as of` it is named before')
    .addOption(optionalEnvironment())
    .option('-a, --app <application>', 'only this application')
    .addOption(repeated('--include <group>', 'what is left alone otherwise: members, roles, sso, lifecycle, licence (repeatable)', each, []))
    .addOption(repeated('--take <choice>', 'about fields that have changed again since: revert or keep for all, or PATH#POINTER=revert (repeatable)', each, []))
    .option('-y, --yes', 'do not ask')
    .addOption(dryRun()).addOption(asRequest()).addOption(autoMerge())
    .action(verb(async (session, what: readonly string[], options: RevertOptions) => (await import('../verbs/revert.ts')).revert(session, what, options)));

  change(program, 'resume', 'remove the hold that a rollback left')
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions) => (await import('../verbs/run-state.ts')).resume(session, target, options)));

  change(program, 'scale', 'change the number of pods')
    .requiredOption('--replicas <number>', 'how many pods', whole(0, 100))
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions & { replicas: number }) => (await import('../verbs/run-state.ts')).scale(session, target, options)));

  change(program, 'stop', 'stop all pods, keep the configuration')
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions) => (await import('../verbs/run-state.ts')).stop(session, target, options)));

  change(program, 'start', 'start what was stopped')
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions) => (await import('../verbs/run-state.ts')).start(session, target, options)));

  change(program, 'restart', 'replace the pods one after the other')
    .action(verb(async (session, target: ApplicationTarget, options: EnvironmentOptions) => (await import('../verbs/run-state.ts')).restart(session, target, options)));

  addConfigVerbs(program.command('config').description('environment variables, properties and JVM options'), verb);
}

/** May be given several times; its empty start is shown as `none`. */
function repeated<T>(flags: string, description: string, collect: (text: string, previous: T) => T, none: T): Option {
  return new Option(flags, description).argParser(collect).default(none, 'none');
}

function addConfigVerbs(config: Command, verb: Verb): void {
  change(config, 'set', 'add or replace')
    .addArgument(new Argument('[variables...]', 'environment variables as KEY=VALUE').argParser(pair).default(new Map<string, string>(), 'none'))
    .addOption(repeated('-p, --property <key=value>', 'application property (repeatable)', pair, new Map<string, string>()))
    .addOption(repeated('--jvm-option <option>', 'JVM option, as --jvm-option=-Xss512k (repeatable)', each, []))
    .action(verb(async (session, target: ApplicationTarget, variables: ReadonlyMap<string, string>, options: Omit<ConfigSet, 'variables'>) => (await import('../verbs/config.ts')).configSet(session, target, { ...options, variables })));

  change(config, 'unset', 'remove')
    .argument('[variables...]', 'names of environment variables')
    .addOption(repeated('-p, --property <key>', 'application property (repeatable)', each, []))
    .addOption(repeated('--jvm-option <option>', 'JVM option (repeatable)', each, []))
    .action(verb(async (session, target: ApplicationTarget, variables: readonly string[], options: Omit<ConfigUnset, 'variables'>) => (await import('../verbs/config.ts')).configUnset(session, target, { ...options, variables })));
}
