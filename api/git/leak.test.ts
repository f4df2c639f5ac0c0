import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stockGit } from '../../engine/testing/stock-git.ts';
import { serve, type Served } from '../testing/serve.ts';

/** Asks for objects as a client may that knows their ids, and not as git does: whatever a repository holds, it serves. */
interface Publication {
  readonly path: string;
  readonly folder: string;
  readonly token: string;
}

let served: Served;
let publications: readonly Publication[];
let state: Publication;
let everything: readonly string[];

const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
const at = 'usr_admin00000000001';

beforeAll(async () => {
  served = await serve();
  const { stores } = served.plane;
  const folder = join(stores.stateRepository, '..', 'publications');
  // A second round of commits: history, trees that are no longer in the head, and one commit that touches several tenants.
  for (const id of ['acme', 'globex', 'initech']) await served.ask('GET', `/api/v1/tenants/${id}/settings`).then(({ headers, body }) => {
    const object = body['object'] as { spec: object };
    return served.ask('PUT', `/api/v1/tenants/${id}/settings`, { json: { ...object, spec: { ...object.spec, displayName: `Name of ${id}` } }, headers: { 'If-Match': headers.get('etag') ?? '' } });
  });
  await served.ask('PATCH', '/api/v1/tenants/initech/tenant', { json: { spec: { lifecycle: 'suspended' } }, headers: { 'If-Match': (await served.ask('GET', '/api/v1/tenants/initech/tenant')).headers.get('etag') ?? '' } });
  const admin = await served.person(at, 'acme', [{ role: 'admin', environments: ['*'] }]);
  const ofCell = async (cell: string) => String((await served.ask('POST', `/api/v1/cells/${cell}/tokens`, { json: {} })).body['token']);
  publications = [
    { path: 'tenants/acme.git', folder: join(folder, 'tenants/acme.git'), token: admin },
    { path: 'tenants/globex.git', folder: join(folder, 'tenants/globex.git'), token: served.operator },
    { path: 'cells/local.git', folder: join(folder, 'cells/local.git'), token: await ofCell('local') },
    { path: 'cells/eu1.git', folder: join(folder, 'cells/eu1.git'), token: await ofCell('eu1') },
  ];
  state = { path: 'state.git', folder: stores.stateRepository, token: served.operator };
  for (const { path, token } of publications) expect((await get(path, token)).status).toBe(200);
  const ids = (repository: string) => stockGit(repository, ['cat-file', '--batch-all-objects', '--batch-check=%(objectname)']).split('\n');
  everything = [...new Set([state, ...publications].flatMap(({ folder }) => ids(folder)))];
}, 60_000);

afterAll(() => served.close());

function get(path: string, token: string, version = '0'): Promise<Response> {
  return fetch(`${served.server.url}/git/${path}/info/refs?service=git-upload-pack`, { headers: { Authorization: `Bearer ${token}`, 'Git-Protocol': `version=${version}` } });
}

async function post({ path, token }: Publication, version: '0' | '2', body: string): Promise<string> {
  const response = await fetch(`${served.server.url}/git/${path}/git-upload-pack`, {
    method: 'POST', body: gzipSync(body),
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-git-upload-pack-request', 'Content-Encoding': 'gzip', ...(version === '2' ? { 'Git-Protocol': 'version=2' } : {}) },
  });
  return Buffer.from(await response.arrayBuffer()).toString('latin1');
}

const fetchV2 = (...lines: string[]): string => `${line('command=fetch')}${line('object-format=sha1')}0001${line('no-progress')}${lines.map(line).join('')}${line('done')}0000`;

/** The ways in which a client can name an object; an answer with a pack, or with the size of one, has given something away. */
const ways: Readonly<Record<string, (repository: Publication, id: string) => Promise<string>>> = {
  'a want in version 0': (repository, id) => post(repository, '0', `${line(`want ${id} side-band-64k ofs-delta\n`)}0000${line('done\n')}`),
  'a want in version 2': (repository, id) => post(repository, '2', fetchV2(`want ${id}`)),
};
const rarer: typeof ways = {
  'a filter': (repository, id) => post(repository, '2', fetchV2(`want ${id}`, 'filter blob:none')),
  'a sparse filter': (repository, id) => post(repository, '0', `${line(`want ${id} filter\n`)}${line(`filter sparse:oid=${id}\n`)}0000${line('done\n')}`),
  'a shallow want': (repository, id) => post(repository, '2', fetchV2(`want ${id}`, 'deepen 1')),
  'a deepening until an object': (repository, id) => post(repository, '2', fetchV2(`want ${id}`, `deepen-not ${id}`)),
  'a want of a ref': (repository, id) => post(repository, '2', fetchV2(`want-ref ${id}`)),
  'object-info': (repository, id) => post(repository, '2', `${line('command=object-info')}0001${line('size')}${line(`oid ${id}`)}0000`),
};

const givesAway = (answer: string): boolean => answer.includes('PACK') || /^0008size00(?!2d)[0-9a-f]{42} \d/.test(answer);

/** Ids that a publication serves and that are not reached by its refs; asks for one in so many. */
async function leaked(repository: Publication, how: typeof ways, oneIn: number): Promise<string[]> {
  const own = new Set(stockGit(repository.folder, ['rev-list', '--objects', '--all']).split('\n').map((each) => each.slice(0, 40)));
  const foreign = everything.filter((id) => !own.has(id)).filter((_, index) => index % oneIn === 0);
  const questions = foreign.flatMap((id) => Object.entries(how).map(([name, ask]) => ({ name, id, ask })));
  expect(questions.length).toBeGreaterThan(0);
  const found: string[] = [];
  const worker = async () => {
    for (let next = questions.pop(); next !== undefined; next = questions.pop()) if (givesAway(await next.ask(repository, next.id))) found.push(`${repository.path} ${next.name} ${next.id}`);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return found;
}

test('a publication serves no object of the state or of another publication but its own', async () => {
  expect(everything.length).toBeGreaterThan(200);
  for (const kind of ['tenants/acme.git', 'cells/local.git']) {
    const publication = publications.find(({ path }) => path === kind)!;
    expect(await leaked(publication, ways, 1)).toEqual([]);
  }
}, 240_000);

test('and knows of none: git tells the size of any object that is there, in any number at once', async () => {
  for (const publication of publications) {
    const answer = await post(publication, '2', `${line('command=object-info')}0001${line('size')}${everything.map((id) => line(`oid ${id}`)).join('')}0000`);
    const there = [...answer.matchAll(/00(?!2d)[0-9a-f]{2}([0-9a-f]{40}) \d/g)].map(([, id]) => id);
    const own = new Set(stockGit(publication.folder, ['rev-list', '--objects', '--all']).split('\n').map((each) => each.slice(0, 40)));
    expect(new Set(there)).toEqual(own);
  }
});

test('and none by a rarer way of asking', async () => {
  for (const publication of publications) expect(await leaked(publication, rarer, 61)).toEqual([]);
}, 120_000);

test('the same questions get what they ask for where it may be had, so that a leak would be seen', async () => {
  const tip = served.plane.stores.engine.head().commit;
  const blob = stockGit(state.folder, ['rev-parse', 'main:tenants/gl/globex/tenant.yaml']);
  expect(givesAway(await ways['a want in version 0']!(state, tip))).toBe(true);
  expect(givesAway(await ways['a want in version 2']!(state, tip))).toBe(true);
  // Version 2 serves what is reachable from nothing that the client sees, by its id alone: why publications are repositories of their own.
  expect(givesAway(await ways['a want in version 2']!(state, blob))).toBe(true);
  expect(givesAway(await rarer['a shallow want']!(state, tip))).toBe(true);
  expect(givesAway(await rarer['object-info']!(state, blob))).toBe(true);
});

test('a publication shares no objects with another repository, and keeps none that its refs do not reach', () => {
  for (const { folder } of publications) {
    expect(existsSync(join(folder, 'objects/info/alternates'))).toBe(false);
    expect(stockGit(folder, ['fsck', '--unreachable', '--strict', '--no-reflogs'])).toBe('');
  }
});

test('a tenant’s publication names no other tenant anywhere in it', () => {
  const text = publications.slice(0, 1).map(({ folder }) => stockGit(folder, ['log', '--all', '-p', '--format=raw'])).join('\n');
  expect(text).toContain('acme');
  expect(text).not.toMatch(/globex|initech/i);
});

test('archives and the old protocol of files are not served', async () => {
  const { path, token } = publications[0]!;
  const answers = await Promise.all(['HEAD', 'objects/info/packs', 'info/refs', 'git-upload-archive', 'objects/00/00'].map((name) => fetch(`${served.server.url}/git/${path}/${name}`, { headers: { Authorization: `Bearer ${token}` } })));
  expect(answers.map(({ status }) => status).every((status) => status === 404 || status === 400)).toBe(true);
});
