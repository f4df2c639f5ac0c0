import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../run.ts';
import { memoryIo } from '../testing/memory-io.ts';

const example = join(import.meta.dirname, '..', '..', 'tenants-example');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cameleer-cli-'));
  cpSync(example, join(folder, 'state'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function cameleer(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const memory = memoryIo({ cwd: folder });
  const code = await run(argv, memory.io);
  return { code, out: memory.out(), err: memory.err() };
}

function edit(path: string, change: (text: string) => string): void {
  const file = join(folder, 'state', path);
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

const orders = 'tenants/ac/acme/environments/dev/apps/orders.yaml';

describe('validate', () => {
  test('the example is valid', async () => {
    const { code, out } = await cameleer('validate', 'state');
    expect(out).toMatch(/^valid: \d+ files/m);
    expect(code).toBe(0);
  });

  test('a problem is one line that an editor can open, below the folder as it was named', async () => {
    edit(orders, (text) => text.replace('replicas: 1', 'replicsa: 1'));
    const { code, out } = await cameleer('validate', 'state');
    expect(code).toBe(1);
    // Notices stand before it: what must be corrected is beside the summary.
    const [problem, summary] = out.trimEnd().split('\n').slice(-2);
    expect(problem).toMatch(/^state\/tenants\/ac\/acme\/environments\/dev\/apps\/orders\.yaml:\d+:3: \w+: .*replicas/);
    expect(summary).toContain('not valid: 1 error in');
  });

  test('all problems come at once, as JSON too', async () => {
    edit(orders, (text) => text.replace('release: v2', 'release: v99'));
    edit('tenants/gl/globex/tenant.yaml', (text) => `${text}\tx: [\n`);
    const { code, out } = await cameleer('validate', 'state', '--json');
    const answer = JSON.parse(out) as { valid: boolean; errors: number; problems: { path: string; severity: string }[] };
    expect({ code, valid: answer.valid }).toEqual({ code: 1, valid: false });
    expect(new Set(answer.problems.filter(({ severity }) => severity === 'error').map(({ path }) => path))).toEqual(new Set([`state/${orders}`, 'state/tenants/gl/globex/tenant.yaml']));
  });

  test('a folder that is no state is refused, not called valid', async () => {
    expect((await cameleer('validate', '.')).err).toContain('error: not_a_state_repository');
    expect((await cameleer('validate', 'nowhere')).err).toContain('error: file_not_readable');
  });
});

describe('synth', () => {
  test('writes each cell below OUT, and never over something', async () => {
    expect(await cameleer('synth', 'state', '--out', 'out')).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(readdirSync(join(example, 'cells')).map((file) => file.replace('.yaml', '')).sort());
    expect(readdirSync(join(folder, 'out/local/tenants/ac/acme')).sort()).toEqual(['_tenant', 'dev', 'prod']);
    const again = await cameleer('synth', 'state', '--out', 'out');
    expect({ code: again.code, err: again.err }).toMatchObject({ code: 4, err: expect.stringContaining('error: folder_not_empty') as string });
  });

  test('an invalid state renders nothing', async () => {
    edit(orders, (text) => text.replace('release: v2', 'release: v99'));
    const { code, out } = await cameleer('synth', 'state', '--out', 'out');
    expect({ code, out }).toMatchObject({ code: 1, out: expect.stringContaining(`state/${orders}:`) as string });
  });
});

describe('plan', () => {
  const git = (...argv: string[]): void => {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@acme.example', '-c', 'commit.gpgsign=false', ...argv], { cwd: join(folder, 'state'), stdio: 'ignore' });
  };
  beforeEach(() => {
    git('init', '--initial-branch=main');
    git('add', '.');
    git('commit', '-m', 'first');
    edit(orders, (text) => text.replace('release: v2', 'release: v1'));
    git('commit', '-a', '-m', 'second');
  });

  test('says what a commit does, in a checkout and in a bare clone, and writes to neither', async () => {
    git('clone', '--bare', '.', '../bare.git');
    const plans = [];
    for (const repo of ['state', 'bare.git']) {
      const { code, out, err } = await cameleer('plan', '--repo', repo, '--base', 'main~1', '--head', 'main', '--json');
      expect(code, err).toBe(0);
      plans.push(JSON.parse(out) as { objects: unknown; blastRadius: unknown });
    }
    expect(plans[0]).toEqual(plans[1]);
    expect(plans[0]).toMatchObject({
      objects: [{ path: orders, change: 'modified', fields: [{ pointer: '/spec/release', before: 'v2', after: 'v1' }] }],
      blastRadius: { tenants: ['acme'], restarted: ['t-acme--dev/orders'] },
    });
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: join(folder, 'state') }).toString()).toBe('');
  });

  test('as Markdown says the verdict of a merge: what a hold forbids is no valid plan, and what others merged since is not taken back', async () => {
    const claims = 'tenants/in/initech/environments/prod/apps/claims.yaml';
    git('checkout', '-b', 'topic');
    edit(claims, (text) => text.replace(/release: .*/, 'release: v2'));
    git('commit', '-a', '-m', 'over the hold');
    git('checkout', 'main');
    edit(orders, (text) => text.replace('release: v1', 'release: v2'));
    git('commit', '-a', '-m', 'third');
    const { code, out } = await cameleer('plan', '--repo', 'state', '--base', 'main', '--head', 'topic', '--format', 'markdown');
    expect({ code, verdict: out.includes('Plan: not valid'), errors: out.includes('1 error to correct'), others: out.includes('orders') }).toEqual({ code: 1, verdict: true, errors: true, others: false });
    expect(await cameleer('plan', 'acme', '--base', 'main', '--head', 'topic', '--format', 'markdown')).toMatchObject({ code: 2 });
  });

  test('a revision that is not there, and a folder without Git', async () => {
    for (const revision of ['nope', '--output=x', 'main:platform.yaml']) {
      expect((await cameleer('plan', '--repo', 'state', '--base', revision, '--head', 'main')).err).toContain('error: unknown_revision');
    }
    expect((await cameleer('plan', '--repo', '.', '--base', 'a', '--head', 'b')).err).toContain('error: not_a_state_repository');
  });
});

describe('prove isolation', () => {
  test('what is rendered is isolated', async () => {
    expect(await cameleer('prove', 'isolation', 'state')).toMatchObject({ code: 0 });
  });

  test('a policy that opens a path between tenants is named with the path', async () => {
    await cameleer('synth', 'state', '--out', 'out');
    const opened = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'open', namespace: 't-acme--dev' }, spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] } };
    const globex = readdirSync(join(folder, 'out/local/tenants/gl/globex')).find((name) => name !== '_tenant') ?? '';
    const elsewhere = { ...opened, metadata: { name: 'open', namespace: `t-globex--${globex}` } };
    // Not as synth writes them: the proof must not skip what it does not expect.
    writeFileSync(join(folder, 'out/local/tenants/ac/acme/_tenant/open.yaml'), `---\n{"kind": "ConfigMap", "metadata": {"name": "x"}}\n---\n${JSON.stringify(opened)}`);
    writeFileSync(join(folder, 'out/local/tenants/gl/globex/_tenant/open.yaml'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [elsewhere] }));
    const { code, out } = await cameleer('prove', 'isolation', 'state', '--rendered', 'out');
    expect(code).toBe(1);
    expect(out).toMatch(/open local: .*t-acme--dev.*t-globex/);
    expect(out).toContain('open.yaml#2:open');
    const lines = out.trimEnd().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
  });

  test('a file that is no YAML is named, with the place', async () => {
    await cameleer('synth', 'state', '--out', 'out');
    writeFileSync(join(folder, 'out/local/broken.yaml'), 'kind: NetworkPolicy\nkind: NetworkPolicy\n');
    const { code, err } = await cameleer('prove', 'isolation', 'state', '--rendered', 'out');
    expect(code).not.toBe(0);
    expect(err).toMatch(/^error: file_not_readable: .*broken\.yaml is not readable YAML: .* at line 2, column 1\.\nnext: /);
  });
});
