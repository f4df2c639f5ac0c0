// What an image costs: a Spring Boot JAR of real libraries, stored into an empty registry (cold), and again when only its
// classes changed. Needs Maven for the libraries. Writes bench/results/image.txt.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { buildImage, inspectJar, openLayoutRegistry, spoolUpload, type Registry } from '../images/index.ts';
import { manifest } from '../images/testing/make-jar.ts';
import { makeZip, type ZipInput } from '../images/testing/make-zip.ts';

const root = join(import.meta.dirname, '..');
const runs = 15;
const ownClasses = 300;

/** The libraries, copied once by Maven. */
async function libraries(): Promise<readonly ZipInput[]> {
  const pom = join(root, 'bench/image/pom.xml');
  const key = createHash('sha256').update(await readFile(pom)).digest('hex').slice(0, 16);
  const folder = join(root, `.cache/bench/image-${key}`);
  if ((await readdir(folder).catch(() => [])).length === 0) {
    execFileSync('mvn', ['-q', '-B', '-ntp', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`], { stdio: 'inherit' });
  }
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => ({ name: `BOOT-INF/lib/${name}`, content: await readFile(join(folder, name)), stored: true })));
}

/** An application's own classes: incompressible, of usual size; one of them is new in every build. */
function application(build: number, constant: readonly Buffer[]): readonly ZipInput[] {
  const classes = constant.map((content, index) => ({ name: `BOOT-INF/classes/com/acme/C${index}.class`, content: index === 0 ? Buffer.from(`build ${build} ${Math.random()}`) : content }));
  return [
    manifest({ 'Main-Class': 'org.springframework.boot.loader.launch.JarLauncher', 'Start-Class': 'com.acme.C0', 'Spring-Boot-Version': '3.5.10' }),
    ...classes,
    { name: 'BOOT-INF/classes/application.properties', content: 'server.port=8080\n' },
  ];
}

interface Times {
  /** Processor time of inspect and build: what a busy machine distorts less. */
  readonly cpu: number;
  readonly spool: number;
  readonly inspect: number;
  readonly build: number;
}

/** Upload, inspection and image of one JAR, in milliseconds. */
async function measure(jarPath: string, uploads: string, registry: Registry): Promise<Times> {
  const start = performance.now();
  const upload = await spoolUpload(createReadStream(jarPath), uploads, { maxBytes: 1e9 });
  const spooled = performance.now();
  const before = process.cpuUsage();
  const inspection = await inspectJar(upload.path);
  const inspected = performance.now();
  await buildImage({ jarPath: upload.path, jar: upload, inspection, registry, repository: 'acme/bench' });
  const built = performance.now();
  const used = process.cpuUsage(before);
  await rm(upload.path);
  return { cpu: (used.user + used.system) / 1000, spool: spooled - start, inspect: inspected - spooled, build: built - inspected };
}

/** The usual way: everything through gzip. */
async function gzipBaseline(registryFolder: string, target: string): Promise<{ ms: number; saved: number }> {
  const blobs = join(registryFolder, 'acme/bench/blobs/sha256');
  const sizes = await Promise.all((await readdir(blobs)).map(async (name) => ({ path: join(blobs, name), size: (await stat(join(blobs, name))).size })));
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  const start = performance.now();
  await pipeline(createReadStream(largest.path, { highWaterMark: 1 << 20 }), createGzip(), createWriteStream(target));
  return { ms: performance.now() - start, saved: 1 - (await stat(target)).size / largest.size };
}

function line(label: string, values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): string => `${(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0).padStart(5)} ms`;
  return `${label.padEnd(44)} median ${at(0.5)}   fastest ${at(0)}   slowest ${at(1)}`;
}

const total = ({ inspect, build }: Times): number => inspect + build;

const load = loadavg()[0] ?? 0;
const work = await mkdtemp(join(tmpdir(), 'cameleer-bench-'));
try {
  const libs = await libraries();
  const constant = Array.from({ length: ownClasses }, () => randomBytes(4096));
  const jarPath = join(work, 'app.jar');
  const uploads = join(work, 'uploads');
  const write = async (build: number): Promise<void> => writeFile(jarPath, makeZip([...application(build, constant), ...libs]));
  await write(0);
  const { size } = await stat(jarPath);

  const cold: Times[] = [];
  for (let run = 0; run < runs; run += 1) {
    const folder = join(work, `cold-${run}`);
    cold.push(await measure(jarPath, uploads, await openLayoutRegistry(folder)));
    if (run > 0) await rm(folder, { recursive: true });
  }
  const registry = await openLayoutRegistry(join(work, 'cold-0'));
  const changed: Times[] = [];
  for (let run = 1; run <= runs; run += 1) {
    await write(run);
    changed.push(await measure(jarPath, uploads, registry));
  }
  const baseline = await gzipBaseline(join(work, 'cold-0'), join(work, 'baseline.tar.gz'));

  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const verdict = (measured: number, target: number): string => `target ≤ ${target} ms: ${measured <= target ? 'met' : 'MISSED'}`;
  const report = [
    'node bench/image.ts',
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, load average before: ${load.toFixed(1)}`,
    `Spring Boot JAR of ${(size / 1e6).toFixed(1)} MB: ${libs.length} libraries, ${ownClasses} classes of its own; ${runs} runs each`,
    line('cold: inspect + layers, written and flushed', cold.map(total)),
    line('  of it inspect', cold.map((each) => each.inspect)),
    line('  processor time', cold.map((each) => each.cpu)),
    line('only classes changed: inspect + layers', changed.map(total)),
    line('  of it inspect', changed.map((each) => each.inspect)),
    line('  processor time', changed.map((each) => each.cpu)),
    line('upload into the spool (hashed on the way)', [...cold, ...changed].map((each) => each.spool)),
    `first run in a fresh process (cold)${' '.repeat(10)} ${total(cold[0] ?? { cpu: 0, spool: 0, inspect: 0, build: 0 }).toFixed(0).padStart(12)} ms`,
    `baseline: gzip of the library layer, 1 run   ${baseline.ms.toFixed(0).padStart(12)} ms, ${(100 * baseline.saved).toFixed(0)}% saved`,
    `cold, ${verdict(median(cold.map(total)), 1000)}; only classes changed, ${verdict(median(changed.map(total)), 150)}`,
    '',
  ].join('\n');
  process.stdout.write(report);
  await mkdir(join(root, 'bench/results'), { recursive: true });
  await writeFile(join(root, 'bench/results/image.txt'), report);
} finally {
  await rm(work, { recursive: true, force: true });
}
