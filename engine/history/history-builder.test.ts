import { afterEach, beforeEach, expect, test } from 'vitest';
import { ImportedHistory, plain } from '../testing/imported-history.ts';
import { stockGit } from '../testing/stock-git.ts';
import { HistoryBuilder } from './history-builder.ts';
import { HistoryStore } from './history-store.ts';

let history: ImportedHistory;
beforeEach(async () => {
  history = await ImportedHistory.make();
});
afterEach(() => history.remove());

test('a commit that git does not take for one is refused, not left out', async () => {
  const [base = '', next = ''] = history.add([plain([0]), plain([1])]);
  const { directory } = history;
  const [tree = '', parent = '', ...rest] = stockGit(directory, ['cat-file', '-p', next]).split('\n');
  const bogus = stockGit(directory, ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], { input: `${[parent, tree, ...rest].join('\n')}\n` });
  const store = new HistoryStore(history.file);
  const builder = new HistoryBuilder({ directory, store, isPlatforms: () => Promise.resolve(false), mostPaths: 100 });
  await builder.add(base, await builder.missing(base));
  await expect(builder.add(bogus, { base, fresh: [bogus] })).rejects.toMatchObject({ code: 'git_failed' });
  expect(store.last().id).toBe(base);
  store.close();
});
