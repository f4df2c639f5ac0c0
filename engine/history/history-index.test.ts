import { array, assert, asyncProperty, constantFrom, integer, oneof, record, tuple } from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EMPTY_TREE, ObjectStore, parseTrailers, treeDifference } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { deployment, files, ImportedHistory, isPlatforms, people } from '../testing/imported-history.ts';
import type { Step } from '../testing/imported-history.ts';
import type { HistoryIndex } from './history-index.ts';
import type { HistoryFilter } from './types.ts';

let history: ImportedHistory;
beforeEach(async () => {
  history = await ImportedHistory.make();
});
afterEach(() => history.remove());

const step = record<Step>({
  edits: array(integer({ min: -files.length + 1, max: files.length - 1 }), { maxLength: 4 }),
  person: integer({ min: 0, max: people.length - 1 }),
  by: oneof({ weight: 2, arbitrary: constantFrom('platform' as const) }, { weight: 1, arbitrary: constantFrom('pushed' as const, 'forged' as const) }),
  seconds: integer({ min: 1_000, max: 1_020 }),
  action: constantFrom('app.deploy', 'app.revert'),
  on: record({ kind: oneof({ weight: 6, arbitrary: constantFrom('head' as const) }, { weight: 1, arbitrary: constantFrom('rewind' as const, 'merge' as const) }), back: integer({ min: 1, max: 6 }) }),
});

interface Walked {
  readonly commit: ParsedCommit;
  readonly paths: readonly string[];
  readonly time: number;
}

/** The history as it is, read commit by commit; oldest first. */
async function walk(objects: ObjectStore, head: string): Promise<Walked[]> {
  const commits: ParsedCommit[] = [];
  for (let id: string | undefined = head; id !== undefined; id = commits.at(-1)!.parents[0]) commits.push(await objects.commit(id));
  commits.reverse();
  const bounds = commits.map(isPlatforms);
  const said: number[] = [];
  for (const [index, { committer: { seconds } }] of commits.entries()) {
    const earlier = Math.max(0, ...said.filter((_, at) => bounds[at]));
    said.push(seconds >= earlier ? seconds : bounds[index] ? earlier : said.at(-1)!);
  }
  return Promise.all(commits.map(async (commit, index) => {
    const before = index === 0 ? EMPTY_TREE : commits[index - 1]!.tree;
    const end = bounds.indexOf(true, index);
    return { commit, paths: (await treeDifference(objects, before, commit.tree)).map(({ path }) => path), time: Math.min(...said.slice(index, end < 0 ? undefined : end + 1)) };
  }));
}

function fits({ commit, paths, time }: Walked, filter: HistoryFilter): boolean {
  const { ref, tenant, environment = '[^/]+', application, actor, action, from, to } = filter;
  const root = `tenants/../${tenant}/`;
  const place = application === undefined ? `^${root}${filter.environment === undefined ? '' : `environments/${environment}/`}` : `^${root}(${filter.environment === undefined ? `apps/${application}/|` : ''}environments/${environment}/(apps|holds)/${application}\\.yaml$)`;
  return (ref === undefined || paths.includes(deployment(ref.tenant!, ref.environment!, ref.name)))
    && (tenant === undefined || paths.some((path) => new RegExp(place).test(path)))
    && (actor === undefined || commit.author.name === actor)
    && (action === undefined || parseTrailers(commit.message).get('Cameleer-Action')?.[0] === action)
    && (from === undefined || time * 1000 >= from.getTime()) && (to === undefined || time * 1000 < to.getTime());
}

const instant = integer({ min: 999_000, max: 1_022_000 }).map((milliseconds) => new Date(milliseconds));
const maybe = <T>(values: readonly T[]) => constantFrom<T | undefined>(undefined, ...values);
const filters = record({
  place: constantFrom<HistoryFilter>(
    {}, {}, { tenant: 'acme' }, { tenant: 'beta' }, { tenant: 'gone' }, { tenant: 'acme', environment: 'prod' }, { tenant: 'acme', application: 'orders' },
    { tenant: 'acorn', environment: 'prod', application: 'orders' }, { ref: { kind: 'AppDeployment', tenant: 'acme', environment: 'prod', name: 'billing' } },
  ),
  actor: maybe(people), action: maybe(['app.deploy']), from: oneof(constantFrom(undefined), instant), to: oneof(constantFrom(undefined), instant),
}).map(filterOf);

function filterOf({ place, ...rest }: { readonly place: HistoryFilter } & Readonly<Record<string, unknown>>): HistoryFilter {
  return { ...place, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) };
}

/** All that fits, in pages. */
async function pages(index: HistoryIndex, head: string, filter: HistoryFilter, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = await index.find(head, filter, { limit, before });
    found.push(...page);
    if (page.length < limit) return found;
    before = await index.positionOf(head, page.at(-1)!);
  }
}

test('answers what a walk over the history answers, however main moved, page by page, and at any time', async () => {
  const objects = new ObjectStore(history.directory);
  const index = history.open();
  const property = asyncProperty(array(step, { minLength: 1, maxLength: 14 }), array(tuple(filters, integer({ min: 1, max: 4 })), { minLength: 3, maxLength: 6 }), array(instant, { maxLength: 3 }), async (steps, questions, instants) => {
    const heads = history.add(steps);
    // Grown in two goes, over what other histories have left in it; then all must be as of the last head.
    await index.at(heads[Math.floor(heads.length / 2)]!, new Date(0));
    const newest = await walk(objects, heads.at(-1)!);
    for (const head of [heads.at(-1)!, heads[0]!]) {
      // A head that others have left behind: what came after it bounds the times of what was pushed before it.
      const at = newest.findIndex(({ commit }) => commit.id === head);
      const walked = at < 0 ? await walk(objects, head) : newest.slice(0, at + 1);
      for (const [filter, limit] of questions) {
        const expected = walked.filter((each) => fits(each, filter)).map(({ commit }) => commit.id).reverse();
        expect(await pages(index, head, filter, limit), JSON.stringify(filter)).toEqual(expected);
      }
      for (const time of instants) {
        expect((await index.at(head, time))?.commit).toBe(walked.findLast((each) => each.time * 1000 <= time.getTime())?.commit.id);
      }
    }
  });
  await assert(property, { numRuns: 60 });
  await index.close();
  objects.close();
}, 60_000);
