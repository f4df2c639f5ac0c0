import { relative } from 'node:path';
import { buildCamelApp } from '../../tools/build-camel.ts';
import type { StatusAnswer } from '../client/answers.ts';
import { findCredentials } from '../client/credentials.ts';
import { openClient } from '../client/http.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { openSession, type Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { rollBackByGit } from './roll-back-by-git.ts';
import { openStage, type Stage } from './stage.ts';

const orders: ApplicationTarget = { tenant: 'acme', application: 'orders' };

interface Jars {
  readonly first: string;
  readonly second: string;
  readonly billing: string;
}

/**
 * Two versions of a real Camel application go from a JAR to production and back. Every step is one that a user could type.
 * It may be repeated: the same JARs are the releases that exist, the hold of the last rollback is resumed.
 */
export async function runDemo(io: Io): Promise<void> {
  const started = io.now().getTime();
  const session = openSession(io, {});
  await refuseUnreachable(io, session);
  const client = await session.client();
  const stage = openStage(io, session, client);
  await client.request('GET', '/api/v1/whoami');
  stage.title(`Cameleer at ${client.url}: from a JAR to production, and back`);
  const jars = await buildJars(stage);
  await clearEarlierRun(stage);
  const first = await firstVersion(stage, jars);
  const second = await secondVersion(stage, jars);
  await look(stage);
  await rollBackByGit(stage, orders, { environment: 'prod', from: second, to: first });
  await after(stage, first);
  stage.title(`Done in ${Math.round((io.now().getTime() - started) / 1000)} s; ${first} of acme/orders goes on running in prod`);
  stage.say(nextThings);
}

/** Asked before the token is looked for: whoever has not run `npm start` yet has neither. */
async function refuseUnreachable(io: Io, session: Session): Promise<void> {
  const { url } = await findCredentials(io.env, session.dataDirectory, session.urlOption);
  await openClient({ url, signal: io.signal, newId: () => io.newId() }).text('/livez');
}

const nextThings = `Try next:
  npx cameleer status acme/orders
  npx cameleer logs acme/orders --env prod --follow
  npx cameleer config set acme/orders --env dev --property 'orders.greeting=Hello' --wait
  npx cameleer rollback acme/orders --env dev --dry-run
  npx cameleer validate tenants-example`;

async function buildJars(stage: Stage): Promise<Jars> {
  stage.title('Build orders (two versions) and billing with Maven; the first time takes a minute or two');
  const shown = (path: string): string => relative(stage.io.cwd, path) || path;
  // One after the other: each Maven uses all cores that there are.
  const first = await buildCamelApp('orders', { version: '1' });
  const second = await buildCamelApp('orders', { version: '2' });
  const jars = { first: shown(first), second: shown(second), billing: shown(await buildCamelApp('billing')) };
  for (const jar of Object.values(jars)) stage.say(`  ${jar}`);
  return jars;
}

async function clearEarlierRun(stage: Stage): Promise<void> {
  for (const environment of ['dev', 'prod']) {
    const desired = (await statusIfDeployed(stage, environment))?.desired;
    if (desired?.hold !== undefined) {
      stage.title(`An earlier run left a hold on orders in ${environment}; resume it`);
      await stage.cameleer('resume', 'acme/orders', '--env', environment);
    }
    if (desired?.stopped === true) {
      stage.title(`orders was stopped in ${environment}; start it`);
      await stage.cameleer('start', 'acme/orders', '--env', environment);
    }
  }
}

async function statusIfDeployed(stage: Stage, environment: string): Promise<StatusAnswer | undefined> {
  try {
    return await stage.status(orders, environment);
  } catch {
    return undefined;
  }
}

async function firstVersion(stage: Stage, jars: Jars): Promise<string> {
  stage.title('Deploy billing, which orders calls, to dev and prod');
  await stage.cameleer('deploy', 'acme/billing', '--env', 'dev', '--jar', jars.billing, '--wait');
  await stage.cameleer('promote', 'acme/billing', '--from', 'dev', '--to', 'prod', '--wait');

  stage.title('Deploy the first version of orders to dev and call it');
  await stage.cameleer('deploy', 'acme/orders', '--env', 'dev', '--jar', jars.first, '--wait');
  const status = await stage.status(orders, 'dev');
  const address = addressOf(status);
  await stage.call(`${address}/`);
  await stage.call(`${address}/orders`, { json: { item: 'saddle', quantity: 3 } });

  stage.title('Promote it to prod');
  await stage.cameleer('promote', 'acme/orders', '--from', 'dev', '--to', 'prod', '--wait');
  await stage.call(`${addressOf(await stage.status(orders, 'prod'))}/`);
  return status.desired.release;
}

async function secondVersion(stage: Stage, jars: Jars): Promise<string> {
  stage.title('Deploy and promote the second version');
  await stage.cameleer('deploy', 'acme/orders', '--env', 'dev', '--jar', jars.second, '--wait');
  await stage.cameleer('promote', 'acme/orders', '--from', 'dev', '--to', 'prod', '--dry-run');
  await stage.cameleer('promote', 'acme/orders', '--from', 'dev', '--to', 'prod', '--wait');
  const status = await stage.status(orders, 'prod');
  await stage.call(`${addressOf(status)}/`);
  return status.desired.release;
}

async function look(stage: Stage): Promise<void> {
  stage.title('What runs, what it says, who did it, and the proof');
  await stage.cameleer('status', 'acme/orders', '--env', 'prod');
  await stage.cameleer('logs', 'acme/orders', '--env', 'dev', '--tail', '5');
  await stage.cameleer('history', 'acme/orders', '--env', 'prod', '--limit', '5');
  await stage.cameleer('proof', 'acme/orders', '--env', 'prod');
}

async function after(stage: Stage, release: string): Promise<void> {
  const status = await stage.live(orders, 'prod', release);
  stage.title(`${release} runs again in prod${status.desired.hold === undefined ? '' : ', held there until somebody resumes it'}`);
  await stage.call(`${addressOf(status)}/`);
  await stage.cameleer('status', 'acme/orders', '--env', 'prod');
  await stage.cameleer('proof', 'acme/orders', '--env', 'prod');
}

function addressOf(status: StatusAnswer): string {
  const url = status.addresses?.[0]?.url;
  if (url !== undefined) return url.replace(/\/$/, '');
  throw new CliError('demo_failed', `The status of ${status.tenant}/${status.application} in ${status.environment} gives no address to call.`, { next: 'the demo needs the local runner: check `driver: local` of the cell' });
}
