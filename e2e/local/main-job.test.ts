import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HistoryAnswer, ObjectAnswer, ProofLink } from '../../cli/client/answers.ts';
import { camelMainEntries } from '../../images/testing/make-jar.ts';
import { makeZip } from '../../images/testing/make-zip.ts';
import { buildCamelApp } from '../../tools/build-camel.ts';
import { Plane, until } from './plane.ts';

// One story, told in order on one control plane: each test stands on what those before it left.
const plane = new Plane();
const jars = { first: '', second: '' };
let pinned = '';

beforeAll(async () => {
  jars.first = await buildCamelApp('orders', { version: '1' });
  jars.second = await buildCamelApp('orders', { version: '2' });
  await buildCamelApp('billing');
  await plane.start();
  // Pinned before anything happens, and outside the repository.
  pinned = join(plane.directory, 'allowed-signers');
  const key = execFileSync('ssh-keygen', ['-y', '-f', join(plane.data, 'keys/state')], { encoding: 'utf8' });
  writeFileSync(pinned, `platform@noreply.cameleer.io ${key}`);
});
afterAll(async () => {
  const before = plane.processes().length;
  await plane.stop();
  const left = plane.processes();
  await plane.remove();
  expect({ before: before > 0, left }).toEqual({ before: true, left: [] });
});

function link(links: readonly ProofLink[], name: string): ProofLink {
  const found = links.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`No link ${name} among ${links.map((each) => each.name).join(', ')}`);
  return found;
}

async function live(environment: string, release: string): Promise<void> {
  await until(`${release} is live in ${environment}`, async () => {
    const [status, proof] = [await plane.status('acme/orders', environment), await plane.proof('acme/orders', environment)];
    return status.desired.release === release && status.observed.health === 'ready' && proof.live;
  });
}

/** Checks every commit of every branch against the pinned key; answers those that are not the platform's. */
function pushedCommits(): readonly string[] {
  const verifies = (commit: string): boolean => {
    try {
      execFileSync('git', ['-C', plane.state, '-c', `gpg.ssh.allowedSignersFile=${pinned}`, 'verify-commit', commit], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const commits = plane.git('log', '--all', '--format=%H %ce').trim().split('\n').map((line) => line.split(' '));
  const others = commits.flatMap(([commit, committer]) => (committer === 'platform@noreply.cameleer.io' ? [] : [commit!]));
  expect(commits.flatMap(([commit]) => (verifies(commit!) ? [] : [commit!]))).toEqual(others);
  return others;
}

describe('npm run demo', () => {
  test('two versions go from a JAR to prod; a git revert brings the first one back', async () => {
    const ran = await plane.demo();
    expect(ran.code, ran.err + ran.out.slice(-3000)).toBe(0);
    const steps = ['orders 1:', 'is live in prod', 'orders 2:', 'absent: step not built', 'git revert --no-edit', 'v1 runs again in prod', 'orders 1:', 'Done in'];
    let from = 0;
    for (const step of steps) {
      const at = ran.out.indexOf(step, from);
      expect(at, `${step} in\n${ran.out}`).toBeGreaterThanOrEqual(from);
      from = at + step.length;
    }
  });

  test('it leaves the first version running in prod and the second in dev, both answering, talking to billing', async () => {
    expect(await plane.call('acme/orders', 'prod')).toBe('orders 1: Good day');
    expect(await plane.call('acme/orders', 'dev')).toBe('orders 2: Good day');
    expect((await plane.proof('acme/orders', 'prod')).live).toBe(true);
    await until('orders has its invoice from billing', async () => (await plane.do('logs', 'acme/orders', '--env', 'dev', '--tail', '200')).includes('invoice: Billing 1:'));
  });

  test('the pushed revert is in the proof as what it is', async () => {
    const { links } = await plane.proof('acme/orders', 'prod');
    expect(link(links, 'state commit').message).toContain('not signed by the platform');
    const { entries } = await plane.json<HistoryAnswer>('history', 'acme/orders', '--env', 'prod');
    expect(entries.some(({ subject, signature }) => subject.startsWith('Revert "Promote acme/orders v2') && signature === 'none')).toBe(true);
  });

  test('what was rolled back is held until a person resumes it', async () => {
    await until('the hold is written', async () => (await plane.status('acme/orders', 'prod')).desired.hold !== undefined, 15_000);
    const ran = await plane.cameleer('promote', 'acme/orders', '--from', 'dev', '--to', 'prod');
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('error: held') as string });
    expect(ran.err).toContain('cameleer resume acme/orders --env prod');
  });
});

describe('configuration', () => {
  test('reaches the JVM, in a rolling restart', async () => {
    await plane.do('config', 'set', 'acme/orders', '--env', 'dev', '--property', 'orders.greeting=Hello, "you" & me', '--wait');
    expect(await plane.call('acme/orders', 'dev')).toBe('orders 2: Hello, "you" & me');
  });

  test('a JVM that exits at once is said with its last words, and the old pod goes on answering', async () => {
    const ran = await plane.cameleer('config', 'set', 'acme/orders', '--env', 'dev', '--jvm-option=-XX:+NoSuchOption', '--wait', '--timeout', '60s');
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('error: rollout_failed') as string });
    expect(await plane.do('logs', 'acme/orders', '--env', 'dev', '--tail', '1000')).toContain('NoSuchOption');
    expect(await plane.call('acme/orders', 'dev')).toBe('orders 2: Hello, "you" & me');
    await plane.do('config', 'unset', 'acme/orders', '--env', 'dev', '--jvm-option=-XX:+NoSuchOption', '--wait');
  });

  test('a bound secret reaches its pod, and stands in clear nowhere on the disk; nor do tokens and private keys in Git', async () => {
    const path = '/api/v1/tenants/acme/environments/dev/apps/orders';
    const { etag } = (await (await plane.request(path)).json()) as ObjectAnswer;
    const body = JSON.stringify({ spec: { secrets: [{ secret: 'orders-db', env: { ORDERS_DB_PASSWORD: 'password' } }] } });
    const response = await plane.request(path, { method: 'PATCH', body, headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': `"${etag}"` } });
    expect(response.status).toBe(200);
    const environment = await until('the pod with the secret is there alone', async () => {
      const [pod, ...others] = plane.pods('t-acme--dev', 'orders');
      if (pod === undefined || others.length > 0) return undefined;
      const text = execFileSync('ps', ['eww', '-o', 'args=', '-p', String(pod.pid)], { encoding: 'utf8' });
      return (await plane.status('acme/orders', 'dev')).observed.health === 'ready' && text.includes('ORDERS_DB_PASSWORD=') ? text : undefined;
    });
    expect(environment).toContain('ORDERS_DB_PASSWORD=dummy-password-of-acme-dev');
    expect(plane.filesWith('dummy-password-of-acme-dev')).toEqual([]);
    expect(plane.filesWith(plane.token)).toEqual(['keys/cli-token']);
    expect(statSync(join(plane.data, 'keys/cli-token')).mode & 0o777).toBe(0o600);
    const objects = execFileSync('sh', ['-c', 'git rev-list --objects --all | cut -d" " -f1 | git cat-file --batch'], { cwd: plane.state, maxBuffer: 64 * 1024 * 1024 }).toString('latin1');
    expect(objects).toContain('ENC[AES256_GCM');
    expect(objects.match(/AGE-SECRET-KEY-1|PRIVATE KEY-----|dummy-password|cml_[\w-]{43}/g)).toBeNull();
  });

  test('the secret of another environment, and more than the tier allows, are refused', async () => {
    const path = '/api/v1/tenants/acme/environments/dev/apps/orders';
    const patch = async (spec: object): Promise<string> => {
      const { etag } = (await (await plane.request(path)).json()) as ObjectAnswer;
      const response = await plane.request(path, { method: 'PATCH', body: JSON.stringify({ spec }), headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': `"${etag}"` } });
      return `${response.status} ${((await response.json()) as { code?: string }).code}`;
    };
    expect(await patch({ secrets: [{ secret: 'of-prod-only', env: { A: 'b' } }] })).toBe('422 invalid');
    expect(await patch({ resources: { cpu: '900', memory: '4000Gi' } })).toBe('422 invalid');
  });
});

describe('proof', () => {
  test('prints every link in order; what is not built is absent, never passed', async () => {
    const { links, live: isLive } = await plane.proof('acme/orders', 'prod');
    expect(links.map(({ name, state }) => [name, state])).toEqual([
      ['state commit', 'ok'], ['rendered commit', 'ok'], ['release signature', 'ok'], ['image digest', 'ok'], ['image signature', 'absent'],
      ['SBOM', 'absent'], ['JAR SHA-256', 'ok'], ['applied revision', 'ok'], ['ready pods', 'ok'],
    ]);
    expect(isLive).toBe(true);
    const text = await plane.do('proof', 'acme/orders', '--env', 'prod');
    expect(text.match(/absent: step not built/g)).toHaveLength(2);
    expect(link(links, 'JAR SHA-256').value).toBe(createHash('sha256').update(readFileSync(jars.first)).digest('hex'));
  });

  test('after kill -9 of the pod’s process it says which link is missing since when, later when and why it restarted', async () => {
    const [pod] = plane.pods('t-acme--prod', 'orders');
    const killed = Date.now();
    process.kill(pod!.pid, 'SIGKILL');
    const missing = await until('the proof misses the pod', async () => {
      const { links } = await plane.proof('acme/orders', 'prod');
      return links.find(({ state }) => state === 'missing');
    }, 10_000);
    expect(missing.name).toBe('ready pods');
    expect(Math.abs(Date.parse(missing.since!) - killed)).toBeLessThan(5000);
    const said = await plane.cameleer('proof', 'acme/orders', '--env', 'prod');
    expect(said).toMatchObject({ code: 1, out: expect.stringContaining('not live: missing ready pods') as string });
    await live('prod', 'v1');
    const { links } = await plane.proof('acme/orders', 'prod');
    expect(link(links, 'ready pods').message).toMatch(/restarted once, last at \S+, after it ended with exit code 137/);
    // What the killed process said is still there.
    expect(await plane.do('logs', 'acme/orders', '--env', 'prod', '--tail', '1000')).toContain(pod!.name);
  });
});

describe('Git alone', () => {
  test('every commit of the platform verifies with stock git against the pinned key, and nobody else’s does', () => {
    expect(pushedCommits()).toHaveLength(1);
  });

  test('git log with the exported mailmap tells an auditor who did what, where, through which door', async () => {
    const mailmap = join(plane.directory, 'mailmap');
    writeFileSync(mailmap, await plane.do('audit', 'mailmap'));
    const keys = ['Action', 'Door', 'Tenant', 'Environment', 'Application'].map((key) => `%(trailers:key=Cameleer-${key},valueonly,separator=)`);
    const log = plane.git('-c', `mailmap.file=${mailmap}`, 'log', '--use-mailmap', `--format=%aN|${keys.join('|')}`, 'main').trim().split('\n');
    expect(log).toContain('First operator|app.promote|cli|acme|prod|orders');
    expect(log).toContain('First operator|app.deploy|cli|acme|dev|orders');
    expect(plane.git('log', '--all', '--format=%an %ae %cn %ce %B')).not.toContain('First operator');
  });
});

describe('bad input leaves nothing behind', () => {
  const releases = '/api/v1/tenants/acme/apps/orders/releases';
  const upload = async (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<string> => {
    const response = await plane.request(releases, { method: 'POST', body, headers: { 'Content-Type': 'application/java-archive', ...headers } });
    return `${response.status} ${((await response.json()) as { code?: string }).code}`;
  };
  const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
  const traces = (): unknown => ({ uploads: readdirSync(join(plane.data, 'uploads')), head: plane.git('rev-parse', 'main') });

  test.each([
    ['half a JAR', () => bytes(readFileSync(jars.first).subarray(0, 9_000_000)), '422 jar_truncated'],
    ['no zip', () => bytes(Buffer.alloc(100_000, 'not a zip ')), '422 not_a_zip'],
    ['nothing', () => bytes(Buffer.alloc(0)), '400 upload_empty'],
    ['a zip bomb', () => bytes(makeZip([...camelMainEntries(), { name: 'zeros', content: Buffer.alloc(64 * 1024 * 1024) }])), '422 zip_bomb'],
    ['no main class', () => bytes(makeZip([{ name: 'a/B.class', content: 'class bytes' }])), '422 no_main_class'],
  ])('%s', async (_what, body, answer) => {
    const before = traces();
    expect(await upload(body())).toBe(answer);
    expect(traces()).toEqual(before);
  });

  test('an upload whose connection breaks', async () => {
    const before = traces();
    const { hostname, port } = new URL(plane.url);
    const socket = connect(Number(port), hostname);
    socket.write(`POST ${releases} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${plane.token}\r\nContent-Type: application/java-archive\r\nContent-Length: 20000000\r\n\r\n`);
    socket.write(readFileSync(jars.first).subarray(0, 5_000_000));
    await until('the upload has begun', () => readdirSync(join(plane.data, 'uploads')).length > 0, 10_000);
    socket.destroy();
    await until('the upload is gone', () => readdirSync(join(plane.data, 'uploads')).length === 0, 10_000);
    expect(traces()).toEqual(before);
  });

  test('a release that exists with other bytes, and one that does not exist', async () => {
    const before = traces();
    expect(await upload(bytes(readFileSync(jars.first)), { 'Cameleer-Release': 'v2' })).toBe('409 release_exists');
    expect((await plane.cameleer('deploy', 'acme/orders', '--env', 'dev', '--release', 'v99')).err).toContain('error: release_not_found');
    expect(traces()).toEqual(before);
  });

  test('an If-Match that no longer holds answers 412 with the difference of the fields', async () => {
    const path = '/api/v1/tenants/acme/environments/dev/apps/orders';
    const read = (await (await plane.request(path)).json()) as ObjectAnswer;
    await plane.do('config', 'set', 'acme/orders', '--env', 'dev', 'A=theirs');
    const response = await plane.request(path, {
      method: 'PATCH', body: JSON.stringify({ spec: { env: { A: 'mine' } } }), headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': `"${read.etag}"` },
    });
    const problem = (await response.json()) as { code: string; conflict: { fields: readonly { pointer: string; theirs?: unknown; mine?: unknown }[] } };
    expect({ status: response.status, code: problem.code }).toEqual({ status: 412, code: 'precondition_failed' });
    expect(JSON.stringify(problem.conflict.fields)).toContain('theirs');
    await plane.do('config', 'unset', 'acme/orders', '--env', 'dev', 'A', '--wait');
  });
});

describe('what is pushed past the API', () => {
  const quarantined = async (tenant: string): Promise<boolean> => (await plane.json<{ quarantined: boolean }>('get', tenant)).quarantined;

  test('broken YAML quarantines its tenant while others deploy, and ends when it is corrected', async () => {
    const path = 'tenants/gl/globex/apps/tracking/app.yaml';
    let before = '';
    await plane.push((clone, git) => {
      before = readFileSync(join(clone, path), 'utf8');
      writeFileSync(join(clone, path), `${before}\t- : broken\n`);
      git('commit', '--all', '--message', 'Break globex');
    });
    await until('globex is quarantined', () => quarantined('globex'), 15_000);
    await plane.do('config', 'set', 'acme/orders', '--env', 'dev', 'DURING=quarantine', '--wait');
    expect(await quarantined('acme')).toBe(false);
    expect(await plane.do('get', 'globex')).toContain(path);
    expect(plane.git('log', '-1', '--format=%(trailers:key=Quarantined,valueonly)', 'cells/local')).toMatch(/^globex [0-9a-f]{40}/);
    await plane.push((clone, git) => {
      writeFileSync(join(clone, path), before);
      git('commit', '--all', '--message', 'Correct globex');
    });
    await until('globex is good again', async () => !(await quarantined('globex')), 15_000);
  });

  test('a forged Release is refused: it quarantines, and what ran goes on running', async () => {
    const folder = 'tenants/ac/acme/apps/orders/releases';
    const forged = await plane.push((clone, git) => {
      const text = readFileSync(join(clone, folder, 'v1.yaml'), 'utf8');
      writeFileSync(join(clone, folder, 'v7.yaml'), text.replace('name: v1', 'name: v7').replace(/sha256: ([0-9a-f])/, (_all, digit: string) => `sha256: ${digit === '0' ? '1' : '0'}`));
      git('add', '--all');
      git('commit', '--message', 'Forge a release');
    });
    await until('acme is quarantined', () => quarantined('acme'), 15_000);
    expect(await plane.call('acme/orders', 'prod')).toBe('orders 1: Good day');
    await plane.push((_clone, git) => { git('revert', '--no-edit', forged); });
    await until('acme is good again', async () => !(await quarantined('acme')), 15_000);
  });
});

describe('control planes', () => {
  test('a second one on the same data directory refuses to start', async () => {
    const second = await plane.startSecond();
    expect(second.code).toBe(1);
    expect(second.err).toContain('data_directory_in_use');
  });

  test('one on a port in use says so', async () => {
    const second = await plane.startSecond({ CAMELEER_DATA: join(plane.directory, 'elsewhere'), CAMELEER_PORT: new URL(plane.url).port });
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining('port_in_use') as string });
  });

  test('kill -9 during commits: nothing acknowledged is lost, cells are never ahead of main', async () => {
    for (let round = 0; round < 2; round += 1) {
      const acknowledged: string[] = [];
      const run = { going: true };
      const writer = async (number: number): Promise<void> => {
        for (let count = 0; run.going; count += 1) {
          const ran = await plane.cameleer('config', 'set', 'acme/billing', '--env', 'prod', `KILL_${round}_${number}=${count}`, '--json');
          if (ran.code === 0) acknowledged.push((JSON.parse(ran.out) as { commit: string }).commit);
        }
      };
      const writers = [1, 2, 3, 4].map((number) => writer(number));
      await until('some writes are acknowledged', () => acknowledged.length > 3, 20_000);
      await sleep(round * 53);
      await plane.kill();
      run.going = false;
      await Promise.all(writers);
      const main = new Set(plane.git('rev-list', 'main').trim().split('\n'));
      expect(acknowledged.filter((commit) => !main.has(commit))).toEqual([]);
      for (const cell of plane.git('for-each-ref', '--format=%(refname)', 'refs/heads/cells').trim().split('\n')) {
        expect(main).toContain(plane.git('log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', cell).trim());
      }
      plane.git('fsck', '--strict', '--no-dangling');
      await plane.start();
    }
    expect(plane.git('rev-parse', 'main').trim()).toBe((await plane.json<HistoryAnswer>('history', 'acme', '--limit', '1')).entries[0]!.commit);
  });

  test('kill -9 during a rollout: the next start finishes it and leaves no orphan', async () => {
    await plane.do('resume', 'acme/orders', '--env', 'prod').catch(() => undefined);
    await plane.do('promote', 'acme/orders', '--from', 'dev', '--to', 'prod');
    await until('the new pod starts beside the old one', () => plane.pods('t-acme--prod', 'orders').length > 1, 20_000);
    await plane.kill();
    expect(plane.processes().length).toBeGreaterThan(0);
    await plane.start();
    await live('prod', 'v2');
    expect(await plane.call('acme/orders', 'prod')).toBe('orders 2: Good day');
    const expected = [['t-acme--dev', 'billing'], ['t-acme--dev', 'orders'], ['t-acme--prod', 'billing'], ['t-acme--prod', 'orders']] as const;
    await until('exactly the recorded processes run', async () => {
      const pods = expected.flatMap(([namespace, application]) => plane.pods(namespace, application).map(({ pid }) => pid));
      const running = plane.processes();
      return pods.length === expected.length && running.length === pods.length && pods.every((pid) => running.includes(pid));
    });
  });

  test('after all that, every commit of the platform verifies, and the state is valid', async () => {
    expect(pushedCommits()).toHaveLength(5);
    await plane.push(async (clone) => {
      expect(await plane.cameleer('validate', clone)).toMatchObject({ code: 0 });
      expect(await plane.cameleer('prove', 'isolation', clone)).toMatchObject({ code: 0 });
    });
  });

  test('the demo again: the same JARs, the releases that exist', async () => {
    const ran = await plane.demo();
    expect(ran.code, ran.err + ran.out.slice(-3000)).toBe(0);
    expect(ran.err).toContain('has these bytes already');
  });
});
