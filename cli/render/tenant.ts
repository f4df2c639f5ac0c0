import type { Health, Notice } from '../client/answers.ts';
import type { Palette } from './palette.ts';
import { paintHealth } from './status.ts';
import { clean, fields, table } from './table.ts';

export interface TenantsAnswer {
  readonly tenants: readonly { readonly tenant: string; readonly tier?: string; readonly lifecycle?: string; readonly quarantined?: boolean }[];
  readonly notices?: readonly Notice[];
}

/** `GET /api/v1/tenants/{t}`, as far as it is shown. */
export interface TenantSummary {
  readonly tenant: string;
  readonly tier?: string;
  readonly lifecycle?: string;
  readonly notices?: readonly Notice[];
  readonly environments: readonly { readonly name: string }[];
  readonly applications: readonly {
    readonly name: string;
    readonly deployments: readonly { readonly environment: string; readonly release: string; readonly health?: Health; readonly hold?: unknown }[];
  }[];
}

export function renderTenants({ tenants, notices = [] }: TenantsAnswer, palette: Palette): string {
  const rows = tenants.length === 0 ? 'You have no role in any tenant.' : table(['TENANT', 'TIER', 'LIFECYCLE', ''], tenants.map((row) => [row.tenant, row.tier ?? '', row.lifecycle ?? '', row.quarantined === true ? 'quarantined' : '']));
  return [rows, ...renderNotices(notices, palette)].join('\n');
}

function renderNotices(notices: readonly Notice[], palette: Palette): string[] {
  return notices.map(({ code, message }) => `${palette.yellow('notice:')} ${clean(`${code}: ${message}`)}`);
}

export function renderTenant(summary: TenantSummary, palette: Palette): string {
  const environments = summary.environments.map(({ name }) => name);
  const rows = summary.applications.map((application) => [
    `  ${application.name}`,
    ...environments.map((environment) => {
      const deployment = application.deployments.find((candidate) => candidate.environment === environment);
      if (deployment === undefined) return '-';
      return `${deployment.release} ${paintHealth(deployment.health ?? 'unknown', palette)}${deployment.hold === undefined ? '' : palette.yellow(' (held)')}`;
    }),
  ]);
  return [
    palette.bold(summary.tenant),
    fields([['tier', summary.tier], ['lifecycle', summary.lifecycle], ['environments', environments.join(', ')]]),
    rows.length === 0 ? 'No applications.' : table(['  APPLICATION', ...environments.map((environment) => environment.toUpperCase())], rows),
    ...renderNotices(summary.notices ?? [], palette),
  ].join('\n');
}

interface ReleaseRow {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly runtime?: { readonly launch?: string; readonly camelVersion?: string };
    readonly image?: { readonly digest?: string }; readonly jar?: { readonly sha256?: string; readonly size?: number };
  };
}

/** Any of `{releases: [...]}` and a bare list, of objects or of `{object}`. */
export function renderReleases(body: unknown): string {
  const list = Array.isArray(body) ? (body as unknown[]) : ((body as { releases?: unknown[]; items?: unknown[] }).releases ?? (body as { items?: unknown[] }).items ?? []);
  if (list.length === 0) return 'No releases.';
  const rows = list.map((item) => ((item as { object?: ReleaseRow }).object ?? item) as ReleaseRow);
  return table(['RELEASE', 'CAMEL', 'STARTS BY', 'JAR SHA-256', 'IMAGE'], rows.map(releaseRow));
}

function releaseRow({ metadata: { name }, spec: { runtime, jar, image } = {} }: ReleaseRow): string[] {
  return [name, runtime?.camelVersion ?? '-', runtime?.launch === 'jar' ? '-jar' : 'class path', jar?.sha256?.slice(0, 16) ?? '', image?.digest?.slice(0, 23) ?? ''];
}
