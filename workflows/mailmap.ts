import { listPeople } from '../ledger/index.ts';
import type { Stores } from './context.ts';

/** Characters that would end a mailmap entry early or start a comment. */
const unsafe = /[<>\n\r#]/g;

/**
 * The mailmap that turns the opaque authors of the state repository into names and addresses, for
 * `git -c mailmap.file=… log --use-mailmap`. Only people whose name or address the ledger (still) knows occur.
 */
export async function mailmap(stores: Pick<Stores, 'ledger'>): Promise<string> {
  const lines: string[] = [];
  for (const person of await listPeople(stores.ledger)) {
    const name = (person.displayName ?? '').replaceAll(unsafe, ' ').trim();
    const email = (person.email ?? '').replaceAll(unsafe, '').trim();
    const shown = [name, email === '' ? '' : `<${email}>`].filter((part) => part !== '').join(' ');
    if (shown !== '') lines.push(`${shown} <${person.id}@users.noreply.cameleer.io>`);
  }
  return lines.sort().map((line) => `${line}\n`).join('');
}
