import type { AuditRecord } from '../../engine/index.ts';
import { forAllTenants } from '../client/for-all-tenants.ts';
import type { Client } from '../client/http.ts';
import { tenantPath } from '../client/paths.ts';
import { pageEnd, pageHead, pageRow, startTotals, type ExportFrame } from '../render/audit-page.ts';
import type { Session } from '../session.ts';

export interface AuditExportOptions {
  readonly from: string;
  readonly to: string;
  readonly format: 'jsonl' | 'html';
  readonly tenant?: string;
  readonly names?: boolean;
}

/** A record over HTTP: its trailers are a plain object. */
export type ExportedRecord = Omit<AuditRecord, 'trailers'> & { readonly trailers: Readonly<Record<string, readonly string[]>>; readonly authorName?: string; readonly approverNames?: Readonly<Record<string, string>> };

const pageSize = 200;

/** Writes the period to standard output as it comes, newest first; memory holds one page of it. */
export async function auditExport(session: Session, options: AuditExportOptions): Promise<void> {
  const client = await session.client();
  const names = options.names === true ? await namesOf(client) : new Map<string, string>();
  const write = options.format === 'jsonl' ? linesTo(session) : htmlTo(session, options);
  write.begin();
  for await (const record of records(client, options)) {
    write.record(named(record, names));
  }
  write.end();
}

function named(record: ExportedRecord, names: ReadonlyMap<string, string>): ExportedRecord {
  const author = names.get(record.author);
  const approvers = (record.trailers['Approved-By'] ?? []).flatMap((id) => (names.has(id) ? [[id, names.get(id) ?? ''] as const] : []));
  return { ...record, ...(author !== undefined && { authorName: author }), ...(approvers.length > 0 && { approverNames: Object.fromEntries(approvers) }) };
}

async function* records(client: Client, { tenant, from, to }: AuditExportOptions): AsyncGenerator<ExportedRecord> {
  const path = tenant === undefined ? '/api/v1/audit/records' : `${tenantPath(tenant)}/audit/records`;
  let before: string | undefined;
  do {
    const asked = client.request<{ readonly records: readonly ExportedRecord[]; readonly next?: string }>('GET', path, { query: { from, to, before, limit: pageSize } });
    const { body } = await (tenant === undefined ? forAllTenants(asked, 'cameleer audit export --tenant TENANT …') : asked);
    yield* body.records;
    before = body.next;
  } while (before !== undefined);
}

/** `Name <address> <usr_…@users.noreply.cameleer.io>`, a line each. */
async function namesOf(client: Client): Promise<Map<string, string>> {
  const mailmap = await client.text('/api/v1/audit/mailmap', { headers: { Accept: 'text/plain' } });
  return new Map(mailmap.split('\n').flatMap((line) => {
    const [, name, id] = /^(.*?)(?: ?<[^>]*>)? <([^@>]+)@users\.noreply\.cameleer\.io>$/.exec(line) ?? [];
    return name === undefined || name === '' || id === undefined ? [] : [[id, name] as const];
  }));
}

interface Writer {
  begin(): void;
  record(record: ExportedRecord): void;
  end(): void;
}

function linesTo({ io }: Session): Writer {
  return { begin: () => {}, record: (record) => io.stdout.write(`${JSON.stringify(record)}\n`), end: () => {} };
}

function htmlTo({ io }: Session, { from, to, tenant, names }: AuditExportOptions): Writer {
  const frame: ExportFrame = { from, to, tenant, made: io.now().toISOString().slice(0, 19), names: names === true };
  const totals = startTotals();
  return {
    begin: () => io.stdout.write(pageHead(frame)),
    record: (record) => io.stdout.write(pageRow(record, totals)),
    end: () => io.stdout.write(pageEnd(totals)),
  };
}
