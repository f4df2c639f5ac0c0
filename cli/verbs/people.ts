import { tenantPath } from '../client/paths.ts';
import { clean } from '../render/table.ts';
import type { Session } from '../session.ts';

export interface PersonOptions {
  readonly name: string;
  readonly tenant?: string;
  readonly role: string;
}

interface NewPerson {
  readonly person: string;
  readonly name: string;
  readonly token: string;
}

/** Adds a person and, with a tenant, their membership; prints the token, which is not to be had again. */
export async function addPerson(session: Session, { name, tenant, role }: PersonOptions): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<NewPerson>('POST', '/api/v1/people', { body: { name } });
  session.print(body, (palette) => [
    `${palette.green('✓')} ${clean(body.name)} is ${body.person}. Their token, shown this once:`, '', `  ${body.token}`, '', palette.dim('next: they run `cameleer login`, or set CAMELEER_TOKEN'),
  ].join('\n'));
  if (tenant === undefined) return;
  const member = { apiVersion: 'cameleer.io/v1', kind: 'Member', metadata: { name: body.person }, spec: { bindings: [{ role, environments: ['*'] }] } };
  await client.request('PUT', `${tenantPath(tenant)}/members/${body.person}`, { body: member, headers: { 'If-None-Match': '*' } });
  if (!session.json) session.io.stdout.write(`${session.palette.green('✓')} ${body.person} is ${role} of ${tenant}, in all environments\n`);
}
