import { expect, test } from 'vitest';
import {
  allowAgain, answerRequest, approveChangeRequest, claimRequest, createPerson, deny, dropChangeRequest, findChangeRequest, findPerson, findPersonByEmail, findToken, isDenied, listAudit, listChangeApprovals, listChangeRequests, listPeople, listTokens, moveChangeRequest, numberChangeRequest,
  platformChain, pruneRequests, recordAudit, releaseRequest, revokeToken, saveToken, unfinishedAudit, unsettledChangeRequests, verifyAudit, withdrawChangeApproval,
} from './index.ts';
import type { AuditEntry, Ledger } from './index.ts';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-02T12:00:00Z');
const entry: AuditEntry = { chain: 'acme', requestId: 'req-1', phase: 'intended', action: 'app.deploy', actor: 'usr_aaaaaaaaaaaaaaaa', door: 'cli', environment: 'dev' };

/** Every column, constraint, index and trigger that the migrations make. */
const schemaQuery = `
  select table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end || coalesce(' default ' || column_default, '') || coalesce(' generated ' || generation_expression, '') as line
  from information_schema.columns where table_schema = 'public'
  union all select conrelid::regclass || ': ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
  union all select indexdef from pg_indexes where schemaname = 'public'
  union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal`;

/** What every ledger must do; run against PGlite and against PostgreSQL. `ledger` answers an empty one that the tests share. */
export function ledgerContract(ledger: () => Ledger): void {
  test('the migrations make the schema that stands in schema.golden.txt', async () => {
    const lines = await ledger().query<{ line: string }>(schemaQuery);
    await expect(`${lines.map(({ line }) => line).sort().join('\n')}\n`).toMatchFileSnapshot('schema.golden.txt');
  });

  test('people are found by id and, whatever the case, by address; neither can be taken twice', async () => {
    const person = await createPerson(ledger(), { id: 'usr_aaaaaaaaaaaaaaaa', displayName: 'Owner', email: 'owner@acme.example' });
    expect(person.createdAt).toBeInstanceOf(Date);
    expect(await findPerson(ledger(), person.id)).toEqual(person);
    expect(await findPersonByEmail(ledger(), 'Owner@Acme.example')).toEqual(person);
    await expect(createPerson(ledger(), { id: 'usr_bbbbbbbbbbbbbbbb', email: 'OWNER@acme.example' })).rejects.toMatchObject({ code: 'person_exists' });
    await expect(createPerson(ledger(), { id: person.id })).rejects.toMatchObject({ code: 'person_exists' });
    expect(await findPerson(ledger(), 'usr_bbbbbbbbbbbbbbbb')).toBeUndefined();
    expect(await listPeople(ledger())).toEqual([person]);
  });

  test('a token works until it expires, is revoked, or it or its subject is denied', async () => {
    const subject = { kind: 'person', id: 'usr_cccccccccccccccc' } as const;
    await createPerson(ledger(), { id: subject.id });
    const [hash, other] = ['a'.repeat(64), 'b'.repeat(64)];
    const token = await saveToken(ledger(), { id: 'tok_aaaaaaaaaaaaaaaa', hash, subject, description: 'Laptop', expiresAt: later });
    expect(await findToken(ledger(), hash, now)).toEqual(token);
    expect(await findToken(ledger(), hash, later)).toBeUndefined();
    expect(await findToken(ledger(), other, now)).toBeUndefined();
    for (const denied of [{ kind: 'token', id: token.id }, subject] as const) {
      await deny(ledger(), { ...denied, reason: 'Lost laptop', by: subject.id });
      expect(await isDenied(ledger(), denied)).toBe(true);
      expect(await findToken(ledger(), hash, now)).toBeUndefined();
      expect(await allowAgain(ledger(), denied)).toBe(true);
    }
    expect(await revokeToken(ledger(), token.id)).toBe(true);
    expect(await revokeToken(ledger(), token.id)).toBe(false);
    expect(await findToken(ledger(), hash, now)).toBeUndefined();
    expect(await listTokens(ledger(), subject)).toMatchObject([{ id: token.id, revokedAt: expect.any(Date) }]);
  });

  test('a service account’s token speaks for it, and a denied account is refused', async () => {
    const subject = { kind: 'serviceAccount', tenant: 'acme', name: 'ci' } as const;
    const hash = 'c'.repeat(64);
    await saveToken(ledger(), { id: 'tok_cccccccccccccccc', hash, subject, description: 'Pipeline' });
    expect(await findToken(ledger(), hash, now)).toMatchObject({ subject });
    await deny(ledger(), { kind: 'serviceAccount', id: 'acme/ci', reason: 'Leaked', by: 'platform' });
    expect(await findToken(ledger(), hash, now)).toBeUndefined();
    expect(await listTokens(ledger(), subject)).toHaveLength(1);
  });

  test('a cell’s token speaks for the cell and for nobody else', async () => {
    const subject = { kind: 'cell', name: 'eu1' } as const;
    const hash = 'd'.repeat(64);
    const token = await saveToken(ledger(), { id: 'tok_dddddddddddddddd', hash, subject, description: 'Flux' });
    expect(await findToken(ledger(), hash, now)).toEqual(token);
    expect(await listTokens(ledger(), subject)).toEqual([token]);
    expect(await listTokens(ledger(), { kind: 'cell', name: 'eu2' })).toEqual([]);
    expect(await revokeToken(ledger(), token.id)).toBe(true);
    expect(await findToken(ledger(), hash, now)).toBeUndefined();
    const both = ledger().query("update tokens set tenant = 'acme', service_account = 'ci' where id = $1", [token.id]);
    await expect(both).rejects.toMatchObject({ code: '23514' });
  });

  test('a transaction that throws leaves nothing behind', async () => {
    const failed = ledger().transaction(async (sql) => {
      await createPerson(sql, { id: 'usr_dddddddddddddddd' });
      throw new Error('stop');
    });
    await expect(failed).rejects.toThrow('stop');
    expect(await findPerson(ledger(), 'usr_dddddddddddddddd')).toBeUndefined();
  });

  test('audit events form one chain per tenant, also when appended at once; a repeated one is the first', async () => {
    const records = await Promise.all(Array.from({ length: 20 }, async (_, index) => recordAudit(ledger(), { ...entry, requestId: `req-${index}` })));
    const again = await recordAudit(ledger(), { ...entry, requestId: 'req-7' });
    expect(again).toEqual(records.find(({ requestId }) => requestId === 'req-7'));
    await recordAudit(ledger(), { ...entry, chain: platformChain, phase: 'noted', action: 'person.created', detail: { bootstrap: true } });
    const listed = await listAudit(ledger(), { chain: 'acme', after: 5 });
    expect(listed.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 15 }, (_, index) => index + 6));
    expect(listed.map(({ at }) => at)).toEqual(listed.map(({ at }) => at).sort());
    expect(await verifyAudit(ledger(), 'acme')).toEqual({ intact: true, events: 20 });
    expect(await verifyAudit(ledger(), platformChain)).toEqual({ intact: true, events: 1 });
    expect(await verifyAudit(ledger(), 'globex')).toEqual({ intact: true, events: 0 });
  });

  test('what several tenants record at once goes to the chain of each, and the same event twice is one', async () => {
    const chains = ['soylent', 'tyrell', 'weyland'];
    const asked = chains.flatMap((chain) => ['req-1', 'req-2', 'req-1'].map((requestId) => [chain, requestId] as const));
    const records = await Promise.all(asked.map(([chain, requestId]) => recordAudit(ledger(), { ...entry, chain, requestId })));
    expect(records.map(({ chain, sequence }) => `${chain} ${sequence}`)).toEqual(chains.flatMap((chain) => [1, 2, 1].map((sequence) => `${chain} ${sequence}`)));
    for (const chain of chains) expect(await verifyAudit(ledger(), chain)).toEqual({ intact: true, events: 2 });
  });

  test('what was intended stays open until it is done or failed', async () => {
    const chain = 'initech';
    for (const requestId of ['req-a', 'req-b', 'req-c']) await recordAudit(ledger(), { ...entry, chain, requestId });
    await recordAudit(ledger(), { ...entry, chain, requestId: 'req-a', phase: 'done', commit: '0'.repeat(40) });
    await recordAudit(ledger(), { ...entry, chain, requestId: 'req-b', phase: 'failed', detail: { code: 'invalid' } });
    const open = await unfinishedAudit(ledger());
    expect(open.filter((event) => event.chain === chain)).toMatchObject([{ requestId: 'req-c' }]);
  });

  test('the audit log refuses every change, from the owner of the database too', async () => {
    await recordAudit(ledger(), { ...entry, chain: 'hooli' });
    for (const statement of [
      "update audit_events set event = '{}' where chain = 'hooli'", "delete from audit_events where chain = 'hooli'", 'truncate audit_events', 'truncate audit_heads', "delete from audit_heads where chain = 'hooli'",
    ]) {
      await expect(ledger().query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('verification finds what was done behind the triggers', async () => {
    const chain = 'umbrella';
    for (let index = 1; index <= 4; index += 1) await recordAudit(ledger(), { ...entry, chain, requestId: `req-${index}` });
    await ledger().transaction(async (sql) => {
      await sql.query('alter table audit_events disable trigger user');
      await sql.query("delete from audit_events where chain = 'umbrella' and sequence = 4");
      await sql.query('alter table audit_events enable trigger user');
    });
    expect(await verifyAudit(ledger(), chain)).toEqual({ intact: false, events: 3, brokenAt: 4 });
    await ledger().transaction(async (sql) => {
      await sql.query('alter table audit_events disable trigger user');
      await sql.query("update audit_events set event = replace(event, 'cli', 'api') where chain = 'umbrella' and sequence = 2");
      await sql.query('alter table audit_events enable trigger user');
    });
    expect(await verifyAudit(ledger(), chain)).toEqual({ intact: false, events: 1, brokenAt: 2 });
  });

  test('a repeated request gets the first answer; one that crashed may be tried again', async () => {
    const claim = { subject: 'usr_aaaaaaaaaaaaaaaa', key: 'k1', fingerprint: 'f1', now, abandonedBefore: new Date(0) };
    expect(await claimRequest(ledger(), claim)).toEqual({ state: 'new' });
    expect(await claimRequest(ledger(), claim)).toEqual({ state: 'running' });
    expect(await claimRequest(ledger(), { ...claim, fingerprint: 'f2' })).toEqual({ state: 'mismatch' });
    expect(await claimRequest(ledger(), { ...claim, subject: 'usr_bbbbbbbbbbbbbbbb' })).toEqual({ state: 'new' });
    expect(await claimRequest(ledger(), { ...claim, now: later, abandonedBefore: later })).toEqual({ state: 'new' });
    await releaseRequest(ledger(), claim);
    expect(await claimRequest(ledger(), claim)).toEqual({ state: 'new' });
    await answerRequest(ledger(), { ...claim, status: 201, body: '{"commit":"x"}' });
    await releaseRequest(ledger(), claim);
    expect(await claimRequest(ledger(), { ...claim, abandonedBefore: later })).toEqual({ state: 'answered', status: 201, body: '{"commit":"x"}' });
    expect(await pruneRequests(ledger(), later)).toBe(2);
  });

  test('change requests are numbered once per request, move by their version, and are listed newest first', async () => {
    const commit = 'a'.repeat(40);
    const asked = { title: 'Scale', author: 'usr_aaaaaaaaaaaaaaaa', autoMerge: false, now };
    const first = await numberChangeRequest(ledger(), { ...asked, tenant: 'acme', requestId: 'req-a' });
    expect(first).toMatchObject({ status: 'opening', concerns: [], revision: 1, version: 1, createdAt: now });
    expect(await numberChangeRequest(ledger(), { ...asked, tenant: 'acme', requestId: 'req-a' })).toEqual(first);
    const second = await numberChangeRequest(ledger(), { ...asked, requestId: 'req-b' });
    const third = await numberChangeRequest(ledger(), { ...asked, requestId: 'req-c' });
    expect(await listChangeRequests(ledger(), {})).toEqual([]);
    const moved = await Promise.all([1, 2].map(() => moveChangeRequest(ledger(), first, { status: 'open', commit, concerns: ['acme', 'initech'], now: later })));
    expect(moved.filter((each) => each !== undefined)).toMatchObject([{ status: 'open', commit, version: 2, updatedAt: later }]);
    const open = await findChangeRequest(ledger(), first.number);
    if (open === undefined) throw new TypeError('It was there.');
    expect([second.number, third.number]).toEqual([first.number + 1, first.number + 2]);
    await dropChangeRequest(ledger(), second.number);
    await dropChangeRequest(ledger(), open.number);
    expect((await unsettledChangeRequests(ledger())).map(({ number }) => number)).toEqual([third.number]);
    const merging = await moveChangeRequest(ledger(), open, { mergeRequest: 'req-m', now });
    expect((await unsettledChangeRequests(ledger())).map(({ number }) => number)).toEqual([first.number, third.number]);
    if (merging === undefined) throw new TypeError('It was there.');
    expect(await moveChangeRequest(ledger(), merging, { status: 'merged', mergedCommit: commit, settledBy: 'usr_b', mergeRequest: null, now })).not.toHaveProperty('mergeRequest');
    await moveChangeRequest(ledger(), third, { status: 'open', commit, now });
    expect((await listChangeRequests(ledger(), { limit: 1 })).map(({ number }) => number)).toEqual([third.number]);
    expect((await listChangeRequests(ledger(), { before: third.number })).map(({ number }) => number)).toEqual([first.number]);
    expect((await listChangeRequests(ledger(), { tenant: 'acme', status: 'merged', author: asked.author })).map(({ number }) => number)).toEqual([first.number]);
    expect((await listChangeRequests(ledger(), { tenant: 'initech' })).map(({ concerns }) => concerns)).toEqual([['acme', 'initech']]);
    expect(await listChangeRequests(ledger(), { tenant: 'globex' })).toEqual([]);
    expect((await listChangeRequests(ledger(), { autoMerge: false })).length).toBe(2);
    expect(await listChangeRequests(ledger(), { autoMerge: true })).toEqual([]);
  });

  test('an approval is the person’s last one, can be withdrawn, and is none while the person is denied', async () => {
    const person = 'usr_ffffffffffffffff';
    await createPerson(ledger(), { id: person });
    const { number } = await numberChangeRequest(ledger(), { title: 'Scale', author: 'usr_aaaaaaaaaaaaaaaa', autoMerge: true, now, requestId: 'req-approved' });
    for (const planHash of ['1'.repeat(64), '2'.repeat(64)]) await approveChangeRequest(ledger(), { number, person, planHash, approvedAt: now });
    expect(await listChangeApprovals(ledger(), number)).toEqual([{ person, planHash: '2'.repeat(64), approvedAt: now }]);
    await deny(ledger(), { kind: 'person', id: person, reason: 'Left', by: 'platform' });
    expect(await listChangeApprovals(ledger(), number)).toEqual([]);
    await allowAgain(ledger(), { kind: 'person', id: person });
    expect(await withdrawChangeApproval(ledger(), { number, person })).toBe(true);
    expect(await withdrawChangeApproval(ledger(), { number, person })).toBe(false);
  });
}
