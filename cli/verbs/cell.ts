import type { CellToken, NewCellToken } from '../client/answers.ts';
import { clean, table } from '../render/table.ts';
import type { Session } from '../session.ts';

function tokensPath(cell: string): string {
  return `/api/v1/cells/${encodeURIComponent(cell)}/tokens`;
}

/** Makes a credential with which the cell's Flux reads its publication, and says how to give it to Flux. */
export async function cellToken(session: Session, cell: string, options: { readonly description?: string }): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<NewCellToken>('POST', tokensPath(cell), { body: options.description === undefined ? {} : { description: options.description } });
  session.print(body, () => [
    `A credential for cell ${cell} (${body.id}), shown this once:`,
    '',
    `  ${body.token}`,
    '',
    `It reads ${client.url}/git/cells/${cell}.git and nothing else. Give it to the cell's Flux:`,
    '',
    '  kubectl --namespace cameleer-system create secret generic cameleer-publication \\',
    '    --from-literal=username=flux --from-file=password=/dev/stdin',
    '',
    'and paste it there, without a line end (Ctrl-D twice). In scripts, `--json` prints it for a pipe.',
    `Earlier ones stay in force: see \`cameleer cell tokens ${cell}\`, end one with \`cameleer cell revoke ${cell} TOKEN-ID\`.`,
  ].join('\n'));
}

export async function cellTokens(session: Session, cell: string): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<{ readonly tokens: readonly CellToken[] }>('GET', tokensPath(cell));
  session.print(body, () => (body.tokens.length === 0
    ? `Cell ${cell} has no credential; \`cameleer cell token ${cell}\` makes one.`
    : table(['TOKEN', 'MADE', 'REVOKED', 'FOR'], body.tokens.map(({ id, createdAt, revokedAt, description }) => [id, createdAt, revokedAt ?? '-', clean(description)]))));
}

/** From the next request on, whoever shows it is refused. */
export async function cellRevoke(session: Session, cell: string, token: string): Promise<void> {
  const client = await session.client();
  const { body } = await client.request<CellToken>('DELETE', `${tokensPath(cell)}/${encodeURIComponent(token)}`);
  session.print(body, (palette) => `${palette.green('✓')} Revoked ${token} of cell ${cell}`);
}
