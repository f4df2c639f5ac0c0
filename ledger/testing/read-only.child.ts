import { createPerson, listPeople, openLedger } from '../index.ts';

// Asks a ledger whose disk lets nothing be written any more from some moment on; tells the codes of what is refused.

const ledger = await openLedger({ directory: process.argv[2] ?? '' });
const told = async (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => (error as { code?: unknown }).code);
const write = (id: string) => told(createPerson(ledger, { id }));
const codes = [
  await write('usr_readonly00000001'),
  await told(listPeople(ledger)),
  await told(ledger.transaction((sql) => createPerson(sql, { id: 'usr_readonly00000002' }))),
  await told(listPeople(ledger)),
];
console.log(JSON.stringify(codes));
process.exit();
