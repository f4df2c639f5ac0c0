import type { WhoAmI } from '../client/answers.ts';
import { fields } from '../render/table.ts';
import type { Session } from '../session.ts';

export async function whoami(session: Session): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<WhoAmI>('GET', '/api/v1/whoami');
  session.print(body, () =>
    fields([
      ['at', client.url],
      ['subject', body.subject.id ?? `${body.subject.tenant ?? ''}/${body.subject.name ?? ''}`],
      ['operator', body.operator === true ? 'yes' : 'no'],
      ['auditor', body.auditor === true ? 'yes' : undefined],
      ...(body.tenants ?? []).map(({ tenant, roles }) => [tenant, roles.join(', ')] as const),
    ]),
  );
}
