import fs from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphic from 'isomorphic-git';
import { simpleGit } from 'simple-git';
import { tenantDirectory } from '../../schemas/index.ts';
import { writeAll } from './measure.ts';
import type { Timed } from './measure.ts';

const person = { name: 'bench', email: 'bench@acme.example' };

export interface Rivals {
  /** What most products do: `git add`, `git commit` and `git push` by simple-git. */
  simpleGit(count: number): Promise<Timed>;
  /** `add` and `commit` of isomorphic-git with its cache; nothing is pushed. */
  isomorphicGit(count: number): Promise<Timed>;
}

/** Two ways to commit one changed file in a clone with a work tree. Neither checks nor renders anything, nor flushes. */
export async function cloneForRivals(stateRepository: string, clone: string, pick: (turn: number) => string): Promise<Rivals> {
  await simpleGit().clone(stateRepository, clone, ['--quiet', '--branch', 'main']);
  const git = simpleGit(clone).addConfig('user.name', person.name, false).addConfig('user.email', person.email, false).addConfig('gc.auto', '0', false);
  let edits = 0;
  const edit = async (turn: number) => {
    edits += 1;
    const path = `${tenantDirectory(pick(turn))}/environments/dev/apps/orders.yaml`;
    await writeFile(join(clone, path), (await readFile(join(clone, path), 'utf8')).replace(/ORDERS_REGION: .*/, `ORDERS_REGION: w${edits}`));
    return path;
  };
  return {
    simpleGit: (count) => writeAll(1, count, async (turn) => {
      await git.add(await edit(turn));
      await git.commit(`Configure ${turn}`);
      await git.push('origin', 'HEAD:refs/heads/bench-worktree');
    }),
    isomorphicGit: (count) => {
      const cache = {};
      return writeAll(1, count, async (turn) => {
        await isomorphic.add({ fs, dir: clone, filepath: await edit(turn), cache });
        await isomorphic.commit({ fs, dir: clone, message: `Configure ${turn}`, author: person, cache });
      });
    },
  };
}
