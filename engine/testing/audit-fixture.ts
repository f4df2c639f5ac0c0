import { tenantDirectory } from '../../schemas/index.ts';
import { verifyRepository } from '../audit/verify-repository.ts';
import type { Verification, VerifyOptions } from '../audit/verify-repository.ts';
import { encodeCommit, ObjectStore, readStateKey, signSsh } from '../git/index.ts';
import type { CommitFields, ParsedCommit } from '../git/index.ts';
import type { Engine } from '../index.ts';
import { deployment, key, makeFixture, setField } from './fixture.ts';
import type { Fixture } from './fixture.ts';

export const stateKey = readStateKey(key.private);

/** A fixture with three writes of one tenant, and what puts there what an audit has to find. */
export interface AuditFixture extends Fixture {
  /** Closed by `tamper` and `remove`; a test may put another one here. */
  engine: Engine;
  /** The tenant of the writes, and another one. */
  readonly a: string;
  readonly b: string;
  verify(more?: Partial<VerifyOptions>): Promise<Verification>;
  parse(revision: string): Promise<ParsedCommit>;
  /** Puts a commit with these fields where a branch is, signed with a key or not at all. */
  tamper(branch: string, change: (commit: ParsedCommit) => Partial<CommitFields>, sign?: typeof stateKey): Promise<string>;
  /** A tree of a branch with one file changed. */
  changedTree(branch: string, path: string, change: (text: string) => string): string;
}

/** The policy is what `verifyRepository` asks about approvals; the engine has none of its own. */
export async function makeAuditFixture(refusalUnder: VerifyOptions['refusalUnder']): Promise<AuditFixture> {
  const fixture = await makeFixture(3);
  const [a = '', b = ''] = fixture.state.tenantIds;
  const parse = async (revision: string) => {
    const objects = new ObjectStore(fixture.directory);
    const commit = await objects.commit(fixture.git(['rev-parse', revision]));
    objects.close();
    return commit;
  };
  const made: AuditFixture = {
    ...fixture, a, b, parse,
    engine: await fixture.open(),
    verify: (more = {}) => verifyRepository({ directory: fixture.directory, keys: [stateKey.publicBytes], refusalUnder, ...more }),
    async tamper(branch, change, sign) {
      await made.engine.close();
      const { tree, parents, author, committer: by, message } = await parse(branch);
      const fields = { tree, parents, author, committer: by, message, ...change(await parse(branch)) };
      const bytes = encodeCommit(fields, sign === undefined ? undefined : (payload) => signSsh(payload, sign));
      const id = fixture.git(['hash-object', '-t', 'commit', '-w', '--stdin'], bytes.toString('utf8'));
      fixture.git(['update-ref', `refs/heads/${branch}`, id]);
      return id;
    },
    changedTree(branch, path, change) {
      const index = { GIT_INDEX_FILE: `${fixture.folder}/index-tamper` };
      fixture.git(['read-tree', branch], undefined, index);
      const present = fixture.git(['ls-tree', '-r', branch, '--', path]) !== '';
      const blob = fixture.git(['hash-object', '-w', '--stdin'], change(present ? fixture.read(path, branch) : ''));
      fixture.git(['update-index', '--index-info'], `100644 ${blob}\t${path}\n`, index);
      return fixture.git(['write-tree'], undefined, index);
    },
    async remove() {
      await made.engine.close();
      await fixture.remove();
    },
  };
  for (const value of ['1', '2', '3']) await made.engine.write(setField(deployment(a), ['spec', 'env', 'TURN'], value));
  return made;
}

export const codes = ({ findings }: Verification, severity = 'error'): readonly string[] => findings.filter((each) => each.severity === severity).map(({ code }) => code);

/** What the cell shows of the application that the writes changed. */
export const shown = (tenant: string): string => `${tenantDirectory(tenant)}/dev/deployment.orders.yaml`;
