// `node bench/synth.ts`: rendering one tenant (2 environments, 2 applications each) beside `helm template` of a chart that
// gives the same objects, in one run on one machine. Writes bench/results/synth.txt.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { loadState, readFolder, type PlatformState, type RawFile, type TenantState } from '../schemas/index.ts';
import { proveTenant, renderTenant, type RenderedFiles } from '../synth/index.ts';
import { helm } from '../tools/helm.ts';

const root = join(import.meta.dirname, '..');
const tenantCount = 2_000;
const helmRuns = 40;
const target = 50;

interface Manifest { readonly kind: string; readonly metadata: { readonly name: string; readonly namespace?: string } }

/** The example's `acme` under another id: prod like dev, no Secrets (both sides would only copy those). */
function tenantFiles(example: readonly RawFile[], id: string): RawFile[] {
  const dev = example.filter(({ path }) => path.startsWith('tenants/ac/acme/') && !/\/(?:secrets|prod)\/|\/key\.yaml$/.test(path));
  const prod = dev.filter(({ path }) => path.includes('/environments/dev/')).map((file) => edited(file, 'dev', 'prod'));
  const environment = example.filter(({ path }) => path === 'tenants/ac/acme/environments/prod/environment.yaml');
  return [...dev, ...prod.filter(({ path }) => !path.endsWith('/environment.yaml')), ...environment].map((file) => edited(edited(file, 'tenants/ac/', `tenants/${id.slice(0, 2)}/`), 'acme', id));
}

function edited(file: RawFile, from: string, to: string): RawFile {
  const bytes = Buffer.from(Buffer.from(file.bytes ?? []).toString('utf8').replaceAll(from, to));
  return { path: file.path.replaceAll(from, to), mode: file.mode, oid: file.oid, bytes, size: bytes.length };
}

/** A chart whose templates give what `files` hold: tenant, registry and digests are values, environments a loop. */
function writeChart(folder: string, files: RenderedFiles): void {
  const common = [...files].filter(([path, text]) => !/dev|prod/.test(path) || text.includes('- prod'));
  const dev = [...files].filter(([path]) => path.includes('dev'));
  const template = (text: string) => text
    .replaceAll('tenants/be/', 'tenants/{{ substr 0 2 $.Values.tenant }}/')
    .replaceAll('bench', '{{ $.Values.tenant }}')
    .replaceAll('registry.local/cameleer', '{{ $.Values.registry }}')
    .replaceAll(/(\/(orders|billing))@sha256:[0-9a-f]{64}/g, '$1@{{ index $.Values.digests "$2" }}');
  const joined = (texts: readonly (readonly [string, string])[]) => texts.map(([, text]) => template(text)).join('---\n');
  mkdirSync(join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: tenant\nversion: 0.1.0\n');
  writeFileSync(join(folder, 'templates/tenant.yaml'), joined(common));
  writeFileSync(join(folder, 'templates/environments.yaml'), `{{- range $e := .Values.environments }}\n---\n${joined(dev).replaceAll('dev', '{{ $e }}')}{{- end }}\n`);
  const digests = Object.fromEntries([...files].flatMap(([, text]) => [...text.matchAll(/\/(orders|billing)@(sha256:[0-9a-f]{64})/g)].map(([, name = '', digest = '']) => [name, digest])));
  writeFileSync(join(folder, 'values.yaml'), stringify({ tenant: 'bench', registry: 'registry.local/cameleer', digests, environments: ['dev', 'prod'] }));
}

function byIdentity(objects: readonly Manifest[]): Map<string, Manifest> {
  return new Map(objects.map((object) => [`${object.metadata.namespace ?? ''}/${object.kind}/${object.metadata.name}`, object]));
}

function sameObjects(files: RenderedFiles, text: string): boolean {
  const ours = byIdentity([...files.values()].map((file) => parse(file) as Manifest));
  const theirs = byIdentity(parseAllDocuments(text).map((document) => document.toJS() as Manifest | null).filter((object) => object !== null));
  const differing = [...ours].filter(([key, object]) => !isDeepStrictEqual(object, theirs.get(key))).map(([key]) => key);
  for (const key of differing) console.error(`differs: ${key}`);
  return differing.length === 0 && ours.size === theirs.size;
}

/** Milliseconds of each call. */
function timed(calls: readonly (() => unknown)[]): number[] {
  return calls.map((call) => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
}

function summary(times: readonly number[]): { p50: number; mean: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), mean: sorted.reduce((sum, time) => sum + time, 0) / sorted.length, p99: at(0.99) };
}

function line(what: string, times: readonly number[]): string {
  const { p50, mean, p99 } = summary(times);
  return `${what.padEnd(44)} p50 ${p50.toFixed(3).padStart(8)} ms   mean ${mean.toFixed(3).padStart(8)} ms   p99 ${p99.toFixed(3).padStart(8)} ms`;
}

const example = await readFolder(join(root, 'tenants-example'));
const platformFiles = example.filter(({ path }) => !path.startsWith('tenants/'));
const ids = Array.from({ length: tenantCount }, (_, index) => (index === 0 ? 'bench' : `be${String(index)}`));
const states: { platform: PlatformState; tenants: TenantState[] } = (() => {
  const { platform, tenants } = loadState([...platformFiles, ...ids.flatMap((id) => tenantFiles(example, id))]);
  return { platform, tenants: [...tenants.values()] };
})();
const bench = states.tenants.find(({ id }) => id === 'bench');
if (bench === undefined) throw new Error('The example has no acme any more.');
const files = renderTenant(states.platform, bench).get('local') ?? new Map<string, string>();

const binary = helm();
const chart = mkdtempSync(join(tmpdir(), 'bench-chart-'));
try {
  writeChart(chart, files);
  const template = () => execFileSync(binary, ['template', 'tenant', chart], { encoding: 'utf8', maxBuffer: 1e8 });
  const equal = sameObjects(files, template());
  for (const state of states.tenants.slice(0, 300)) renderTenant(states.platform, state);
  const halves = [states.tenants.slice(0, tenantCount / 2), states.tenants.slice(tenantCount / 2)];
  // Ours, Helm, ours: so that a change of the machine's load in between shows.
  const render = (tenants: readonly TenantState[] = []) => timed(tenants.map((state) => () => renderTenant(states.platform, state)));
  const first = render(halves[0]);
  const theirs = timed(Array.from({ length: helmRuns }, () => template));
  const ours = [...first, ...render(halves[1])];
  const proofs = timed(states.tenants.slice(0, 500).map((state) => {
    const rendered = renderTenant(states.platform, state);
    return () => proveTenant(states.platform, state, rendered);
  }));
  const ratio = summary(theirs).p50 / summary(ours).p50;
  const version = execFileSync(binary, ['version', '--short'], { encoding: 'utf8' }).trim();
  const report = [
    'node bench/synth.ts',
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, Helm ${version}`,
    `One tenant: ${files.size} objects, ${[...files.values()].reduce((sum, text) => sum + text.length, 0)} bytes; equal objects from both: ${equal ? 'yes' : 'NO'}`,
    line(`renderTenant, ${tenantCount} different tenants, warm`, ours),
    line(`helm template, ${helmRuns} processes`, theirs),
    line('proveTenant, 500 different tenants', proofs),
    `helm / renderTenant, medians: ${ratio.toFixed(0)}×, of means ${(summary(theirs).mean / summary(ours).mean).toFixed(0)}× (target ≥ ${target}×): ${ratio >= target && equal ? 'met' : 'MISSED'}`,
    '',
  ].join('\n');
  process.stdout.write(report);
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/synth.txt'), report);
  process.exitCode = equal ? 0 : 1;
} finally {
  rmSync(chart, { recursive: true, force: true });
}
