import { pick, type Random } from '../../api/testing/fuzz-git.ts';
import { run } from '../../cli/run.ts';
import { memoryIo } from '../../cli/testing/memory-io.ts';
import { badNames } from './names.ts';
import { FuzzedPlane } from './plane.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';

interface Input {
  readonly argv: readonly string[];
}

/** `?`: where a name goes; the repository and the head are put in place of REPO and HEAD. */
const commands: readonly (readonly string[])[] = [
  ['plan', '--repo', 'REPO', '--base', '?', '--head', '?'], ['plan', '--repo', 'REPO', '--base', 'HEAD', '--head', '?', '--tenant', '?'], ['plan', '?', '--base', '?', '--head', 'HEAD'], ['plan', '--platform', '--base', '?', '--head', '?', '--after', '?'],
  ['history', '?'], ['history', 'acme', '--before', '?'], ['history', 'acme', '--path', '?'], ['history', '--from', '?', '--to', '?', '--actor', '?'], ['blame', 'acme', '--path', '?', '--at', '?'], ['blame', '?', '--env', '?'],
  ['get', '?', '--env', '?'], ['status', '?', '--env', '?'], ['proof', '?', '--env', '?'], ['revert', '?', '--dry-run'], ['revert', 'HEAD..?', '--dry-run'], ['request', 'show', '?'], ['request', 'list', '--tenant', '?'], ['audit', 'access', '--at', '?', '--tenant', '?'], ['?', '?'],
];

/** Revisions, targets, times and paths → the verbs of `cameleer`, against a real control plane. */
export const cliNames: TargetMaker = {
  name: 'cli-names',
  share: 5,
  reaches: [],
  async open(): Promise<Target<Input>> {
    const plane = await FuzzedPlane.open();
    const repository = plane.served.plane.stores.stateRepository;
    const { head } = plane;
    return {
      name: 'cli-names',
      make: (random: Random) => ({ argv: pick(random, commands).map((word) => word.replace('?', () => pick(random, badNames))) }),
      async play({ argv }): Promise<Outcome> {
        const memory = memoryIo({ env: { CAMELEER_URL: plane.served.server.url, CAMELEER_TOKEN: plane.served.operator } });
        const exit = await run([...argv.map((word) => (word === 'REPO' ? repository : word.replace('HEAD', head))), '--json'], memory.io);
        const code = /"code":"([^"]+)"/.exec(memory.err())?.[1];
        const answer = `${exit} ${code ?? ''}`.trim();
        if (plane.head !== head || plane.main() !== head) return { answer, fault: 'Nothing was to be written.' };
        return code === 'internal' || exit === 5 ? { answer, fault: memory.err() } : { answer };
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};
