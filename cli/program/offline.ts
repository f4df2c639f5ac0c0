import { Option, type Command } from 'commander';
import type { Verb } from '../program.ts';
import type { PlanOptions } from '../verbs/plan.ts';
import type { ReviewOptions } from '../verbs/review.ts';
import { target, whole } from './arguments.ts';
import type { Target } from '../target.ts';

export function addOfflineVerbs(program: Command, verb: Verb): void {
  program
    .command('plan')
    .description('what would change from one commit to another: in Git, in the clusters, for whom')
    .argument('[tenant]', 'ask the control plane about this tenant, instead of reading --repo', target)
    .requiredOption('--base <revision>', 'the commit before')
    .requiredOption('--head <revision>', 'the commit after')
    .option('--repo <path>', 'a clone of a state repository', '.')
    .option('--platform', 'ask the control plane about all tenants (operators)')
    .option('-t, --tenant <tenant>', 'only this tenant')
    .option('--rendered', 'with the differences of the rendered manifests')
    .option('--limit <tenants>', 'how many tenants a page shows', whole(1, 500))
    .option('--after <tenant>', 'the page after this tenant')
    .option('--all', 'all pages')
    .addOption(new Option('--format <format>', 'text for people, markdown for a comment on a pull request').choices(['text', 'markdown']).default('text'))
    .action(verb(async (session, where: Target | undefined, options: PlanOptions) => (await import('../verbs/plan.ts')).plan(session, where, options)));

  program
    .command('review')
    .description('plan a pull request in CI, without a control plane: the plan becomes its one comment, the verdict a commit status')
    .requiredOption('--base <revision>', 'the commit that the pull request goes onto, such as origin/main')
    .requiredOption('--head <revision>', 'the last commit of the pull request')
    .requiredOption('--pull-request <number>', 'its number on GitHub or Gitea', whole(1, 999_999_999))
    .option('--repo <path>', 'a clone of the state repository', '.')
    .action(verb(async (session, options: ReviewOptions) => (await import('../verbs/review.ts')).review(session, options)));

  program
    .command('validate')
    .description('check a state folder offline')
    .argument('<folder>', 'a checkout of a state repository, such as tenants-example')
    .action(verb(async (session, folder: string) => (await import('../verbs/validate.ts')).validate(session, folder)));

  program
    .command('synth')
    .description('render the manifests of every cell offline')
    .argument('<folder>', 'a checkout of a state repository')
    .requiredOption('--out <folder>', 'an empty or new folder')
    .action(verb(async (session, folder: string, options: { out: string }) => (await import('../verbs/synth.ts')).synth(session, folder, options)));

  program
    .command('prove')
    .description('proofs over the rendered manifests')
    .command('isolation')
    .description('prove that no pod of one tenant can reach another tenant or an excluded range')
    .argument('<folder>', 'a checkout of a state repository')
    .option('--rendered <folder>', 'prove these manifests, as `cameleer synth` writes them, instead of rendering')
    .action(verb(async (session, folder: string, options: { rendered?: string }) => (await import('../verbs/prove-isolation.ts')).proveIsolation(session, folder, options)));
}
