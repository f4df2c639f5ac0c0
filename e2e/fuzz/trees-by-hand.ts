import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../api/testing/fuzz-git.ts';
import type { Engine } from '../../engine/index.ts';
import { deployment, makeFixture, setField, type Fixture } from '../../engine/testing/fixture.ts';
import { CodedError, tenantDirectory } from '../../schemas/index.ts';
import { makeSeed, mutateObjects, readBase, writeLoose, type Base, type Seed } from './git-objects.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';

/** Objects that nothing checked, put on `main` with file access → the engine. */
export const treesByHand: TargetMaker = {
  name: 'trees-by-hand',
  share: 5,
  reaches: [],
  async open(): Promise<Target<Seed>> {
    const fixture = await makeFixture(3);
    const engine = await fixture.open();
    return new TreesByHand(fixture, engine);
  },
};

class TreesByHand implements Target<Seed> {
  readonly name = 'trees-by-hand';
  readonly make = makeSeed;
  readonly #fixture: Fixture;
  readonly #engine: Engine;
  readonly #sound: string;
  #base: Base;

  constructor(fixture: Fixture, engine: Engine) {
    const [hurt, sound] = fixture.state.tenantIds;
    if (hurt === undefined || sound === undefined) throw new TypeError('There are no tenants.');
    this.#fixture = fixture;
    this.#engine = engine;
    this.#sound = sound;
    this.#base = readBase(fixture.directory, `${tenantDirectory(hurt)}/environments/dev/apps/orders.yaml`);
  }

  async play({ seed }: Seed): Promise<Outcome> {
    const random = seeded(seed);
    const { objects, tip, contained } = mutateObjects(this.#base, random);
    writeLoose(this.#fixture.directory, objects);
    this.#move(tip);
    const looked = await this.#attempt(() => this.#engine.look());
    const quarantined = [...this.#engine.head().quarantines.values()];
    const answer = looked ?? quarantined[0]?.problems.find(({ severity }) => severity === 'error')?.code ?? 'in force';
    const fault = await this.#judge({ contained, looked, write: random() < 0.3 });
    const left = await this.#restore(tip);
    const wrong = fault ?? left;
    return wrong === undefined ? { answer } : { answer, fault: wrong };
  }

  async #judge({ contained, looked, write }: { readonly contained: boolean; readonly looked: string | undefined; readonly write: boolean }): Promise<string | undefined> {
    const read = await this.#attempt(async () => {
      await this.#engine.get(deployment(this.#sound));
      for (const id of this.#engine.tenantIds()) await this.#engine.tenant(id);
    });
    if (read !== undefined) return `What is in force can't be read: ${read}`;
    const history = await this.#history();
    if (!contained) return write ? this.#attempt(() => this.#engine.write(setField(deployment(this.#sound), ['spec', 'env', 'ON'], '1'))).then(() => undefined) : undefined;
    if (looked !== undefined) return `One tenant's files stop the engine: ${looked}`;
    if (history !== undefined) return `History can't be read: ${history}`;
    if (this.#engine.head().quarantines.has(this.#sound)) return 'A tenant is quarantined for the files of another one.';
    const written = write ? await this.#attempt(() => this.#engine.write(setField(deployment(this.#sound), ['spec', 'env', 'ON'], '1'))) : undefined;
    return written === undefined ? undefined : `A tenant can't be written because of the files of another one: ${written}`;
  }

  /** Asked again while its index is being made, which a busy machine may take longer for than a question waits: a case has a deadline. */
  async #history(): Promise<string | undefined> {
    for (;;) {
      const refused = await this.#attempt(() => this.#engine.history({ limit: 3 }));
      if (refused !== 'index_building') return refused;
    }
  }

  /** `undefined` when it is done, or the code of what it throws; throws what has none. */
  async #attempt(work: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (error instanceof CodedError) return error.code;
      throw error;
    }
  }

  async #restore(tip: string): Promise<string | undefined> {
    this.#move(this.#base.commit);
    const looked = await this.#attempt(() => this.#engine.look());
    for (const ref of this.#fixture.git(['for-each-ref', '--format=%(refname)', 'refs/cameleer/rewritten']).split('\n')) if (ref !== '') this.#fixture.git(['update-ref', '-d', ref]);
    const { commit, quarantines } = this.#engine.head();
    if (looked !== undefined) return `After ${tip} main was taken back, and the engine says ${looked}.`;
    return commit === this.#base.commit && quarantines.size === 0 ? undefined : `After ${tip} main was taken back, and the head is ${commit}, quarantined ${[...quarantines.keys()].join(', ')}.`;
  }

  /** Not with git, which refuses what is no commit. */
  #move(commit: string): void {
    writeFileSync(join(this.#fixture.directory, 'refs/heads/main'), `${commit}\n`);
  }

  inspect(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    await this.#engine.close();
    await this.#fixture.remove();
  }
}
