import type { OutgoingHttpHeaders } from 'node:http';
import { below, pick, type Random } from '../../api/testing/fuzz-git.ts';
import type { Route } from '../../api/http/route.ts';
import { routes } from '../../api/routes/index.ts';
import { mutateJson } from './mutate-yaml.ts';
import { FuzzedPlane } from './plane.ts';
import type { Target, TargetMaker } from './target.ts';

interface Input {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** In place of the head's id, which is another one in each run. */
const headMark = 'HEADHEADHEADHEADHEADHEADHEADHEADHEADHEAD';
const zeros = '0'.repeat(40);

/** Names of refs, revisions, paths, cursors and versions as nobody should write them. */
export const badNames = [
  '', ' ', '.', '..', '../..', '../../etc/passwd', '/etc/passwd', '%2e%2e', '%00', '%ff', '%', 'a/b', 'a\\b', '\u0000', '\n', '\r\nX: y', '\t', '\u202e', 'é', '\u{1f600}', '\ud800', 'x'.repeat(64), 'x'.repeat(300), 'x'.repeat(5000), '*', '?', '[', '^', '~', ':', '@{1}', '@', 'HEAD', 'main', 'main^', 'main~1', 'main..HEAD',
  'HEAD^{tree}', ':/x', 'refs/heads/main', 'refs/heads/../main', 'refs/heads/main.lock', 'cells/local', '-', '--', '--upload-pack=x', '--output=/tmp/x', '-h', '$(id)', '`id`', '; id', '|', "'", '"', '\' OR 1=1', zeros, 'f'.repeat(40), 'f'.repeat(64), 'F'.repeat(40), 'abcdef0', 'g'.repeat(40), headMark, headMark.toLowerCase(),
  '0', '-1', '1', '1e3', '1.5', '999999999999', '9007199254740993', '0x10', 'NaN', 'Infinity', 'null', 'undefined', 'true', '[]', '{}', '__proto__', 'constructor', 'toString', 'hasOwnProperty',
  '2026-11-20', '2026-11-20T12:00:00Z', '2026-02-30T00:00:00Z', '0000-00-00T00:00:00Z', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '2026-11-20T24:00:00Z', '2026-11-20T12:00:60Z', '2026-11-20T12:00:00+99:99', '1970-01-01T00:00:00Z', '2026-11-20T12:00:00.123456789Z', 'now', 'yesterday', '@0',
  '"x"', 'W/"x"', `"${zeros}"`, `"${zeros}", "${zeros}"`, `"${'a'.repeat(64)}"`, 'acme', 'globex', 'platform', 'platform.yaml', 'orders', 'prod', 'v1', 'v0', 'v99999999999', 'usr_x', 'usr_op3rat0r00000001', 'tok_x', 'tenants/ac/acme/settings.yaml', 'settings.yaml', 'environments/prod/apps/orders.yaml', 'environments//prod', './settings.yaml',
];

const sound: Readonly<Record<string, string>> = {
  tenant: 'acme', environment: 'prod', application: 'orders', name: 'integration', member: 'usr_acmedev000000001', release: 'v1', number: '1', token: 'tok_aaaaaaaaaaaaaaaa', cell: 'local',
  at: headMark, base: headMark, head: headMark, before: headMark, from: '2026-11-20T12:00:00Z', to: '2099-11-20T12:00:00Z', path: 'settings.yaml', limit: '10', after: 'a', cursor: 'acme', actor: 'usr_op3rat0r00000001', author: 'usr_op3rat0r00000001', action: 'app.deploy', status: 'open', tail: '5', pod: 'x',
};
const bodies: readonly unknown[] = [
  {}, { commit: headMark }, { range: { base: headMark, head: zeros } }, { asOf: '2026-11-20T12:00:00Z' }, { asOf: '2026-11-20T12:00:00Z', environment: 'prod', application: 'orders', include: ['members'], take: { 'x#/y': 'keep' } }, { from: 'dev', release: 'v1' }, { release: 'v1', replicas: 1 },
  { title: 'Change', files: [{ path: 'tenants/ac/acme/settings.yaml', text: 'x', etag: zeros }] }, { title: 'Change', files: [{ path: 'tenants/ac/acme/teams/x.yaml', text: null, etag: null }] }, { planHash: 'a'.repeat(64) }, { status: 'closed' }, { autoMerge: true }, { name: 'Somebody' }, { description: 'x' }, { stringData: { a: 'b' } },
];
const headers: Readonly<Record<string, readonly string[]>> = {
  'if-match': [`"${zeros}"`, '*'], 'if-none-match': ['*', `"${zeros}"`], 'idempotency-key': ['a-key-of-a-client-0001'], 'last-event-id': ['2026-11-20T12:00:00Z'], accept: ['application/yaml', 'text/html'], 'cameleer-door': ['cli', 'push'], 'x-hub-signature-256': ['sha256=x'], 'content-type': ['application/json', 'application/yaml', 'application/octet-stream'],
};
/** Makes a copy of everything each time, and has no names. */
const leftOut: ReadonlySet<string> = new Set(['createBackup']);

/** Every parameter of every route → HTTP. */
export const names: TargetMaker = {
  name: 'names',
  share: 10,
  reaches: [],
  async open(): Promise<Target<Input>> {
    const plane = await FuzzedPlane.open();
    const { head } = plane;
    const offered = routes.filter(({ operation }) => !leftOut.has(operation));
    return {
      name: 'names',
      make: (random: Random) => request(pick(random, offered), random),
      play: ({ method, path, headers: sent, body }) => {
        const ours = (text: string) => text.replaceAll(headMark, head);
        const wire = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, ours(String(value))]));
        return plane.play({ method, path: ours(path), headers: { authorization: `Bearer ${plane.served.operator}`, ...wire }, body: Buffer.from(ours(body)) });
      },
      inspect: () => Promise.resolve(plane.inspect()),
      close: () => plane.close(),
    };
  },
};

function request(route: Route, random: Random): Input {
  const bad = () => pick(random, badNames);
  const value = (name: string, often: number) => (random() < often ? bad() : (sound[name] ?? 'x'));
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => written(value(name, 0.15), random));
  const query = Object.keys(route.query ?? {}).filter(() => random() < 0.4).map((name) => `${name}=${written(name === 'follow' ? 'false' : value(name, 0.6), random)}`);
  if (random() < 0.05) query.push(`${written(bad(), random)}=${written(bad(), random)}`);
  // A stream has no end; its head has the same checks before it.
  const method = route.operation === 'watchStatus' ? 'HEAD' : route.method.toUpperCase();
  const type = Object.keys(route.body?.types ?? {})[0];
  const sent = Object.fromEntries([...(type === undefined ? [] : [['content-type', type]]), ...Object.keys(headers).filter(() => random() < 0.15).map((name) => [name, random() < 0.5 ? bad() : pick(random, headers[name] ?? [])])]) as OutgoingHttpHeaders;
  const body = type === undefined ? '' : JSON.stringify(named(random() < 0.7 ? mutateJson(pick(random, bodies), random) : pick(random, bodies), random)) ?? '';
  return { method, path: `${path}${query.length > 0 ? `?${query.join('&')}` : ''}`, headers: sent, body };
}

/** As a client would escape it, or not at all. */
function written(text: string, random: Random): string {
  return random() < 0.85 ? encodeURIComponent(text.toWellFormed()) : text;
}

/** The value with one of its texts replaced by a bad name. */
function named(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return random() < 0.5 ? pick(random, badNames) : value;
  if (Array.isArray(value)) return value.map((each: unknown) => named(each, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const at = below(random, entries.length);
  return Object.fromEntries(entries.map(([name, each], index) => [name, index === at ? named(each, random) : each]));
}
