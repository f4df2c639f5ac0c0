import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { buildCamelApp } from '../tools/build-camel.ts';
import { buildImage, inspectJar, openLayoutRegistry, spoolUpload, unpackImage, type Inspection, type UnpackedImage } from './index.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

/** A JAR from the upload to an unpacked image. */
async function unpackedImage(jar: string): Promise<{ inspection: Inspection; image: UnpackedImage }> {
  const directory = await temporaryDirectory();
  const registry = await openLayoutRegistry(join(directory, 'registry'));
  const upload = await spoolUpload(createReadStream(jar), join(directory, 'uploads'), { maxBytes: 64 * 1024 * 1024 });
  expect(upload.sha256).toBe(createHash('sha256').update(await readFile(jar)).digest('hex'));
  const inspection = await inspectJar(upload.path);
  const { digest } = await buildImage({ jarPath: upload.path, jar: upload, inspection, registry, repository: 'acme/app' });
  return { inspection, image: await unpackImage(registry, 'acme/app', digest, join(directory, 'image')) };
}

/** Starts an image as its configuration says, its paths moved into the unpacked folder. */
function start({ root, config }: UnpackedImage, env: Readonly<Record<string, string>>): ChildProcess {
  const [program = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const moved = args.map((arg) => (arg.startsWith('/') ? arg.split(':').map((path) => join(root, path)).join(':') : arg));
  const child = spawn(program, moved, { cwd: join(root, config.WorkingDir ?? ''), env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: 'ignore' });
  onTestFinished(() => new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  }));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answer(child: ChildProcess, url: string): Promise<string> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return response.text();
    await wait(100);
  }
  throw new Error(`${url} never answered.`);
}

test('orders: a shaded Camel Main JAR starts by class path from its image; without billing it stays healthy', async () => {
  const { inspection, image } = await unpackedImage(await buildCamelApp('orders', { version: '2' }));
  expect(inspection).toMatchObject({ kind: 'camel-main', launch: 'classpath', mainClass: 'io.cameleer.fixtures.orders.Orders', camelVersion: '4.18.0', routeFiles: ['camel/sample.camel.yaml'] });
  expect(inspection.components).toEqual(expect.arrayContaining(['timer', 'seda', 'platform-http', 'http']));
  const port = await freePort();
  const child = start(image, { JAVA_TOOL_OPTIONS: `-Dcamel.server.port=${port} -Dorders.sampleEvery=100` });
  expect(JSON.parse(await answer(child, `http://127.0.0.1:${port}/health`))).toEqual({ status: 'UP' });
  expect(await answer(child, `http://127.0.0.1:${port}/`)).toBe('orders 2: Good day');
  const accepted = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"item": "tea", "quantity": 200}' });
  expect(accepted.status).toBe(202);
});

test('billing: a Spring Boot JAR starts by class path from its layers, and writes invoices', async () => {
  const { inspection, image } = await unpackedImage(await buildCamelApp('billing'));
  expect(inspection).toMatchObject({ kind: 'spring-boot', launch: 'classpath', mainClass: 'io.cameleer.fixtures.billing.Billing', camelVersion: '4.18.0' });
  const port = await freePort();
  const child = start(image, { SERVER_PORT: String(port) });
  expect(JSON.parse(await answer(child, `http://127.0.0.1:${port}/actuator/health`))).toMatchObject({ status: 'UP' });
  const invoice = await fetch(`http://127.0.0.1:${port}/invoices`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"item": "tea", "quantity": 2}' });
  expect(await invoice.text()).toBe('Billing 1: 2 x tea');
});

test('another version of the same source is another JAR; the same version is the same JAR', async () => {
  const [one, again, two] = await Promise.all([buildCamelApp('orders', { version: '2' }), buildCamelApp('orders', { version: '2' }), buildCamelApp('orders', { version: '1' })]);
  expect(again).toBe(one);
  expect(two).not.toBe(one);
});
