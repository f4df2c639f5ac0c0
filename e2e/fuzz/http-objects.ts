import { pick, type Random } from '../../api/testing/fuzz-git.ts';
import { objectPlaces } from '../../api/routes/object-places.ts';
import { refOfPath, type ObjectRef } from '../../schemas/index.ts';
import { exampleFiles } from '../../schemas/testing/example-state.ts';
import { mutateJson, mutateYaml } from './mutate-yaml.ts';
import { FuzzedPlane } from './plane.ts';
import type { Target, TargetMaker } from './target.ts';
import { parse } from 'yaml';

interface Input {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly base64: string;
}

interface Source {
  readonly address: string;
  readonly text: Buffer;
}

const types = { yaml: 'application/yaml', json: 'application/json', patch: 'application/merge-patch+json' };

/** Files of every kind → `PUT` as YAML and JSON, `PATCH`, over HTTP. */
export const httpObjects: TargetMaker = {
  name: 'http-objects',
  share: 15,
  reaches: [],
  async open(): Promise<Target<Input>> {
    const plane = await FuzzedPlane.open();
    const sources = (await exampleFiles()).flatMap(({ path, bytes }): Source[] => {
      const ref = refOfPath(path);
      const address = ref === undefined ? undefined : addressOf(ref);
      return address === undefined ? [] : [{ address, text: Buffer.from(bytes ?? []) }];
    });
    const etagOf = async (address: string): Promise<string | undefined> => {
      const { headers } = await plane.served.ask('GET', address);
      return headers.get('etag') ?? undefined;
    };
    return {
      name: 'http-objects',
      make(random: Random) {
        const { address, text } = pick(random, sources);
        const how = pick(random, ['yaml', 'yaml', 'json', 'patch'] as const);
        const body = how === 'yaml' ? mutateYaml(text, random) : jsonBody(text, random);
        return { method: how === 'patch' ? 'PATCH' : 'PUT', path: random() < 0.2 ? `${address}?dryRun=true` : address, type: types[how], base64: body.toString('base64') };
      },
      async play({ method, path, type, base64 }) {
        const etag = await etagOf(path.split('?')[0] ?? path);
        const precondition = etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag };
        return plane.play({ method, path, headers: { authorization: `Bearer ${plane.served.operator}`, 'content-type': type, ...precondition }, body: Buffer.from(base64, 'base64') });
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};

function jsonBody(text: Buffer, random: Random): Buffer {
  const json = Buffer.from(JSON.stringify(mutateJson(parse(text.toString()), random)) ?? 'null');
  return random() < 0.1 ? mutateYaml(json, random) : json;
}

/** Where HTTP has the object; `undefined` when it has not. */
function addressOf(ref: ObjectRef): string | undefined {
  const place = objectPlaces.find(({ kind, path }) => kind === ref.kind && path.includes('{tenant}') === (ref.tenant !== undefined));
  if (place === undefined) return undefined;
  const named: Readonly<Record<string, string | undefined>> = { tenant: ref.tenant, environment: ref.environment ?? ref.name, application: ref.application ?? ref.name };
  return place.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => named[name] ?? ref.name);
}
