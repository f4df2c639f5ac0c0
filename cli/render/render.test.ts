import { describe, expect, test } from 'vitest';
import type { AccessRow } from '../../access/review.ts';
import type { Plan } from '../../engine/index.ts';
import { ApiError } from '../client/api-error.ts';
import type { StatusAnswer } from '../client/answers.ts';
import { memoryIo } from '../testing/memory-io.ts';
import { describeError, renderError } from './error.ts';
import { compareAccess, renderAccess, renderAccessChanges } from './access.ts';
import { renderBlame } from './blame.ts';
import { renderHistory } from './history.ts';
import { noColour, paletteFor } from './palette.ts';
import { renderPlan } from './plan.ts';
import { uploadProgress } from './progress.ts';
import { renderProof } from './proof.ts';
import { renderStatus, renderStatuses } from './status.ts';
import { clean, table } from './table.ts';
import { renderTenant, renderTenants } from './tenant.ts';
import { ago } from './time.ts';
import { renderVerification } from './verification.ts';
import { renderWrite } from './write.ts';

const now = new Date('2026-01-02T03:04:05Z');

const plan: Plan = {
  base: 'a'.repeat(40),
  summary: { tenants: 1, namespaces: 1, objects: { added: 0, modified: 1, deleted: 0 }, rendered: { added: 0, modified: 1, deleted: 0 }, workloads: { created: 0, restarted: 1, scaled: 0, deleted: 0 }, data: 0, risks: {}, errors: 0, largest: [] },
  cost: { before: { cores: 1, memoryGiB: 2 }, after: { cores: 2, memoryGiB: 4 }, perMonth: [{ currency: 'EUR', before: 10, after: 20.5 }], unknown: [] },
  objects: [{ ref: undefined, path: 'tenants/ac/acme/environments/dev/apps/orders.yaml', change: 'modified', fields: [{ pointer: '/spec/release', before: 'v1', after: 'v2' }, { pointer: '/spec/env/A', after: 'x' }, { pointer: '/spec/env/B', before: 1 }] }],
  rendered: [{ cell: 'local', path: 'tenants/ac/acme/dev/x.yaml', change: 'modified', objects: ['apps/v1/Deployment t-acme--dev/orders'] }],
  blastRadius: { tenants: ['acme'], namespaces: ['t-acme--dev'], restarted: ['t-acme--dev/orders'], scaled: [], created: [], deleted: [], data: [] },
  risks: [{ code: 'not_enforced_yet', subject: 'x', message: 'Nothing enforces it yet.' }],
  problems: [],
  hash: 'abc123',
};

test('plan', () => {
  expect(renderPlan(plan, noColour)).toMatchInlineSnapshot(`
    "Changes
      ~ tenants/ac/acme/environments/dev/apps/orders.yaml
          /spec/release  v1 → v2
          /spec/env/A  x
          /spec/env/B  1 removed
    Rendered
      ~ local: apps/v1/Deployment t-acme--dev/orders
    Blast radius
      tenants     acme
      namespaces  t-acme--dev
      restarted   t-acme--dev/orders
    Cost a month
      EUR       10.00 → 20.50
      reserved  1 → 2 cores, 2 → 4 GiB
    Risks
      not_enforced_yet: Nothing enforces it yet.
    plan abc123"
  `);
  expect(renderPlan({ ...plan, objects: [], rendered: [], summary: { ...plan.summary, tenants: 0 } }, noColour)).toBe('Nothing changes.');
});

test('a version that nobody knows is not compared', () => {
  const error = new ApiError(412, { code: 'precondition_failed', conflict: { fields: [{ pointer: '', theirs: { spec: {} } }] } });
  expect(renderError(describeError(error), noColour)).toContain('what you read is no version of it that is known; it is now {"spec":{}}');
});

test('a verification shows the first findings of a code, and how many more there are', () => {
  const finding = (code: 'signature_invalid' | 'cell_differs', at: number) => ({ code, severity: 'error' as const, ref: 'main', commit: `c${at}`, message: 'It is wrong.' });
  const counts = { commits: 20, signed: 8, rendered: 0, unproved: 0, approved: 0 };
  const shown = renderVerification({ ok: false, proved: false, counts, pushed: [], findings: [...Array.from({ length: 12 }, (_, at) => finding('signature_invalid', at)), finding('cell_differs', 12)] }, noColour);
  expect(shown).toContain('main c9: It is wrong.\n  and 2 more of signature_invalid (--json shows all)\nerror: cell_differs main c12');
  expect(renderVerification({ ok: false, proved: false, counts, pushed: [], findings: [finding('cell_differs', 1)] }, noColour)).toContain('NOT as it should be: 1 error, 0 warnings');
});

test('write', () => {
  const answer = { commit: 'b'.repeat(40), base: 'a'.repeat(40), changed: true, objects: [], plan: { ...plan, risks: [...plan.risks, { code: 'privilege_added', subject: 'usr_x', message: 'Somebody may do more.' }] } };
  expect(renderWrite('Deployed acme/orders v2 to dev', answer, noColour)).toMatchInlineSnapshot(`
    "✓ Deployed acme/orders v2 to dev (commit bbbbbbbbbbbb)
      restarted t-acme--dev/orders
      privilege_added: Somebody may do more."
  `);
  const { plan: _, ...without } = answer;
  expect(renderWrite('Stopped it', { ...without, planMissing: { code: 'plan_failed', message: 'No plan.' } }, noColour)).toMatchInlineSnapshot(`
    "✓ Stopped it (commit bbbbbbbbbbbb)
      plan_failed: No plan."
  `);
  expect(renderWrite('Stopped it', { ...answer, changed: false }, noColour)).toMatchInlineSnapshot(`"Stopped it: nothing to change, it was so already (commit aaaaaaaaaaaa)."`);
});

const status: StatusAnswer = {
  tenant: 'acme', environment: 'prod', application: 'orders',
  desired: { release: 'v2', replicas: 2, stopped: false, hold: { reason: 'Reverted abc.' } },
  observed: {
    health: 'failed', reason: 'CrashLoopBackOff', message: 'exit\ncode 1', since: '2026-01-02T03:02:05Z', readyReplicas: 1,
    pods: [
      { name: 'orders-1', phase: 'Running', ready: true, restarts: 0, startedAt: '2026-01-01T00:00:00Z' },
      { name: 'orders-2', phase: 'Running', ready: false, restarts: 12, message: '\u001B[2Jgone' },
    ],
  },
  addresses: [{ name: 'http', port: 8080, url: 'http://127.0.0.1:40001' }],
  notEnforced: ['NetworkPolicy', 'ResourceQuota'],
  notices: [{ code: 'not_enforced_yet', message: 'x' }],
};

test('status', () => {
  expect(renderStatus(status, noColour, now)).toMatchInlineSnapshot(`
    "acme/orders in prod
      health        failed since 03:02:05 UTC, 2 min ago
      because       CrashLoopBackOff: exit code 1
      release       v2
      pods          1 of 2 ready
      hold          Reverted abc.
      address       http://127.0.0.1:40001 (http, port 8080)
      not enforced  NetworkPolicy, ResourceQuota
      POD       PHASE    READY  RESTARTS  STARTED                           LAST WORDS
      orders-1  Running  yes    0         2026-01-01 00:00:00 UTC, 1 d ago
      orders-2  Running  no     12                                          gone
    notice: not_enforced_yet: x"
  `);
});

test('of a cell that nothing here watches it is not said that no pod is ready', () => {
  const text = renderStatus({ ...status, observed: { health: 'unknown', reason: 'not_watched', readyReplicas: 0, pods: [] } }, noColour, now);
  expect(text).toContain('2 wanted');
  expect(text).not.toContain('of 2 ready');
});

test('a pod’s message may be the tail of its log: its last line is shown, cut', () => {
  const pod = { name: 'orders-1', phase: 'Running', ready: false, restarts: 1, message: `cut off here\n${'x'.repeat(300)}\n` };
  const text = renderStatus({ ...status, observed: { ...status.observed, pods: [pod] } }, noColour, now);
  expect(text).not.toContain('cut off');
  expect(text).toContain(`  ${'x'.repeat(99)}…\n`);
});

test('several environments: a notice that all have is said once', () => {
  const text = renderStatuses([status, { ...status, environment: 'dev' }], noColour, now);
  expect(text).toContain('acme/orders in prod');
  expect(text).toContain('acme/orders in dev');
  expect(text.match(/notice: not_enforced_yet/g)).toHaveLength(1);
});

test('tenant', () => {
  const summary = {
    tenant: 'acme', tier: 'mid', lifecycle: 'active', environments: [{ name: 'dev' }, { name: 'prod' }],
    applications: [
      { name: 'billing', deployments: [] },
      { name: 'orders', deployments: [{ environment: 'dev', release: 'v2', health: 'ready' as const }, { environment: 'prod', release: 'v1' }] },
    ],
    notices: [{ code: 'quarantined', message: 'Tenant acme is quarantined.' }],
  };
  expect(renderTenant(summary, noColour)).toMatchInlineSnapshot(`
    "acme
      tier          mid
      lifecycle     active
      environments  dev, prod
      APPLICATION  DEV       PROD
      billing      -         -
      orders       v2 ready  v1 unknown
    notice: quarantined: Tenant acme is quarantined."
  `);
});

test('proof says absent of what is not built and since when something is missing', () => {
  const proof = {
    tenant: 'acme', application: 'orders', environment: 'prod', live: false,
    links: [
      { name: 'state commit', state: 'ok' as const, value: 'abc by usr_x', since: '2026-01-02T03:00:00Z' },
      { name: 'image signature', state: 'absent' as const, message: 'step not built' },
      { name: 'ready pods', state: 'missing' as const, value: '0 of 1', message: 'killed by signal 9', since: '2026-01-02T03:04:00Z' },
    ],
  };
  expect(renderProof(proof, noColour, now)).toMatchInlineSnapshot(`
    "Proof of acme/orders in prod
      LINK             STATE    EVIDENCE
      state commit     ok       abc by usr_x
      image signature  absent   absent: step not built
      ready pods       MISSING  0 of 1; killed by signal 9; since 03:04:00 UTC, 5 s ago
    not live: missing ready pods"
  `);
});

test('history', () => {
  const entry = { commit: 'd'.repeat(40), parents: [], author: 'usr_x <usr_x@users.noreply.cameleer.io>', time: '2026-01-02T03:00:00.000Z', subject: 'Deploy acme/orders v1 to dev', trailers: { 'Cameleer-Actor': ['usr_x'], 'Cameleer-Door': ['cli'] }, signature: 'platform' as const };
  const pushed = { ...entry, commit: 'e'.repeat(40), trailers: {}, signature: 'none' as const, subject: 'Revert "Deploy"\u0007' };
  expect(renderHistory({ entries: [pushed, entry] }, noColour)).toMatchInlineSnapshot(`
    "COMMIT        TIME                  ACTOR  DOOR  SIGNED    WHAT
    eeeeeeeeeeee  2026-01-02 03:00:00Z  usr_x  push  no        Revert "Deploy"
    dddddddddddd  2026-01-02 03:00:00Z  usr_x  cli   platform  Deploy acme/orders v1 to dev"
  `);
});

test('rights as a table, as CSV that no spreadsheet runs, and what two days differ in', () => {
  const row: AccessRow = { tenant: 'acme', environment: 'prod', subject: 'usr_x', kind: 'person', bindings: [{ role: 'developer', environments: ['prod'], teams: ['core'] }], actions: ['apps.deploy', 'apps.read'] };
  const review = (rows: readonly AccessRow[]) => ({ commit: 'c'.repeat(40), at: '2026-01-02T00:00:00Z', rows });
  expect(renderAccess(review([row]), 'table')).toMatchInlineSnapshot(`
    "As of 2026-01-02T00:00:00Z, commit cccccccccccccccccccccccccccccccccccccccc
    TENANT  SUBJECT  KIND    ENVIRONMENT  TEAM  ROLES                         MAY
    acme    usr_x    person  prod               developer (prod; teams core)  apps.deploy apps.read"
  `);
  expect(renderAccess(review([{ ...row, subject: '=HYPERLINK("x")' }]), 'csv')).toContain(`"acme","'=HYPERLINK(""x"")","person"`);
  const changes = compareAccess([row], [{ ...row, actions: ['apps.read', 'logs.read'] }, { ...row, subject: 'usr_y' }]);
  expect(renderAccessChanges({ before: review([]), after: review([]), changes }, 'table', noColour)).toMatchInlineSnapshot(`
    "From 2026-01-02T00:00:00Z (commit cccccccccccc) to 2026-01-02T00:00:00Z (commit cccccccccccc)
    TENANT  SUBJECT  KIND    ENVIRONMENT  TEAM  CHANGED
    acme    usr_x    person  prod               +logs.read -apps.deploy
    acme    usr_y    person  prod               +apps.deploy +apps.read"
  `);
});

test('a line for each field says who set it', () => {
  const entry = { commit: 'd'.repeat(40), parents: [], author: 'usr_x', time: '2026-01-02T03:00:00Z', subject: 'Scale', trailers: {}, signature: 'none' as const };
  expect(renderBlame({ fields: [{ pointer: '/spec/replicas', value: 2, entry }, { pointer: '/spec/env/LONG', value: 'x'.repeat(60), entry: { ...entry, signature: 'platform' } }] }, noColour)).toMatchInlineSnapshot(`
    "FIELD           VALUE                                     BY     SINCE       COMMIT        WITH
    /spec/replicas  2                                         usr_x  2026-01-02  dddddddddddd  Scale (not signed)
    /spec/env/LONG  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  usr_x  2026-01-02  dddddddddddd  Scale"
  `);
});

test('an error ends with the next step, a conflict shows its three sides', () => {
  const error = new ApiError(412, { code: 'precondition_failed', detail: 'It changed.', requestId: 'r-1', conflict: { fields: [{ pointer: '/spec/replicas', base: 1, theirs: 2, mine: 3 }, { pointer: '/spec/env/LEVEL', theirs: 'debug' }] } });
  expect(renderError(describeError(error), noColour)).toMatchInlineSnapshot(`
    "error: precondition_failed: It changed.
      /spec/replicas: was 1, is now 2, you wanted 3
      /spec/env/LEVEL: was absent, is now "debug", you left it
    request: r-1
    next: somebody changed it meanwhile: look at the difference above and run the command again
    "
  `);
});

describe('the terminal', () => {
  test('colour only on a terminal, and never with NO_COLOR', () => {
    const { stdout } = memoryIo({ isTTY: true }).io;
    expect(paletteFor(stdout, {}).enabled).toBe(true);
    expect(paletteFor(stdout, { NO_COLOR: '1' }).enabled).toBe(false);
    expect(paletteFor(stdout, { TERM: 'dumb' }).enabled).toBe(false);
    expect(paletteFor(memoryIo().io.stdout, {}).enabled).toBe(false);
  });

  test('what others wrote can’t move the cursor', () => {
    expect(clean('a\u001B[2J\u001B]0;title\u0007b\r\nc\u009B1m\u0008')).not.toMatch(/\p{Cc}/u);
  });

  test('colour codes do not count as width', () => {
    const { red } = paletteFor(memoryIo({ isTTY: true }).io.stdout, {});
    expect(table(['A', 'B'], [[red('x'), '1']]).split('\n')[1]).toBe(`${red('x')}  1`);
  });

  test('a time of another day says the day, a broken one stays as it is', () => {
    expect(ago('2026-01-01T03:04:05Z', now)).toBe('2026-01-01 03:04:05 UTC, 1 d ago');
    expect(ago('soon', now)).toBe('soon');
  });
});

describe('upload progress', () => {
  function upload(isTTY: boolean): string {
    const memory = memoryIo({ isTTY });
    const progress = uploadProgress(memory.io.stderr, 'uploading orders.jar', 4000, { palette: noColour, now: () => now });
    for (let sent = 0; sent < 4000; sent += 100) progress.advance(100);
    progress.finish();
    progress.finish();
    return memory.err();
  }
  test('four lines where nobody can redraw', () => {
    expect(upload(false)).toMatchInlineSnapshot(`
      "uploading orders.jar: 25 % of 3.9 KiB
      uploading orders.jar: 50 % of 3.9 KiB
      uploading orders.jar: 75 % of 3.9 KiB
      uploading orders.jar: 100 % of 3.9 KiB
      "
    `);
  });
  test('one redrawn line on a terminal', () => {
    const text = upload(true);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('100 %');
  });
});

test('a wrong field of the request is not said twice', () => {
  const error = new ApiError(400, { code: 'invalid_request', detail: 'Not as described: /query/base: it is wrong.', problems: [{ pointer: '/query/base', message: 'it is wrong.' }, { pointer: '/query/head', message: 'so is this.' }] });
  const text = renderError(describeError(error), noColour);
  expect(text.match(/it is wrong/g)).toHaveLength(1);
  expect(text).toContain('  /query/head: so is this.');
});

test('an isolation refusal: every path once, and none that the sentence has said', () => {
  const shown = { code: 'isolation', message: 'It would open a path: acme to globex.', next: 'correct it', exitCode: 1, openings: ['acme to globex.', 'globex to acme.', 'globex to acme.'].map((message) => ({ message })) } as const;
  expect(renderError(shown, noColour)).toBe('error: isolation: It would open a path: acme to globex.\n  globex to acme.\nnext: correct it\n');
});

test('the list of tenants ends with what is to be said of the platform', () => {
  const answer = { tenants: [{ tenant: 'acme', tier: 'mid', lifecycle: 'active', quarantined: false }], notices: [{ code: 'platform_quarantined', message: 'Not in force.' }] };
  expect(renderTenants(answer, noColour)).toMatch(/acme[^]*\nnotice: platform_quarantined: Not in force\.$/);
});
