import { createInterface } from 'node:readline/promises';
import type { WhoAmI } from '../client/answers.ts';
import { configurationPath, findAddress, readConfiguration, writeConfiguration } from '../client/credentials.ts';
import { openClient } from '../client/http.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Session } from '../session.ts';

/**
 * Checks the token against the control plane and saves it in the configuration file. The token comes from
 * `CAMELEER_TOKEN`, from a prompt that does not echo, or from standard input; never from an argument, which other users
 * of the machine could read.
 */
export async function login(session: Session): Promise<void> {
  const { io } = session;
  const configuration = await readConfiguration(io.env);
  const url = await findAddress(io.env, session.dataDirectory, session.urlOption);
  const token = (io.env['CAMELEER_TOKEN'] ?? (await readToken(io, url))).trim();
  if (!/^cml_\S{16,}$/.test(token)) {
    throw new CliError('usage', 'That is not a Cameleer token: they start with cml_.', { next: 'copy the whole line that the first start of the control plane printed' });
  }
  const client = openClient({ url, token, signal: io.signal, newId: () => io.newId() });
  const { body } = await client.request<WhoAmI>('GET', '/api/v1/whoami');
  await writeConfiguration(io.env, { current: url, servers: { ...configuration.servers, [url]: { token } } });
  session.print({ url, subject: body.subject, configuration: configurationPath(io.env) }, () => `Signed in at ${url} as ${body.subject.id ?? body.subject.name ?? body.subject.kind}; saved in ${configurationPath(io.env)} (only you can read it).`);
}

/** Forgets the token of one control plane; the token itself stays valid until it is revoked there. */
export async function logout(session: Session): Promise<void> {
  const { io } = session;
  const configuration = await readConfiguration(io.env);
  const url = await findAddress(io.env, session.dataDirectory, session.urlOption);
  const { [url]: known, ...servers } = configuration.servers;
  if (known !== undefined) await writeConfiguration(io.env, { servers });
  session.print({ url, forgotten: known !== undefined }, () => (known === undefined ? `No token is saved for ${url}.` : `Forgot the token for ${url}.`));
}

async function readToken(io: Io, url: string): Promise<string> {
  if (io.stdin.isTTY !== true) return readFirstLine(io);
  io.stderr.write(`Token for ${url} (not shown): `);
  const input = io.stdin as unknown as NodeJS.ReadStream;
  const prompt = createInterface({ input, terminal: true });
  try {
    return await prompt.question('', { signal: io.signal });
  } finally {
    prompt.close();
    io.stderr.write('\n');
  }
}

async function readFirstLine(io: Io): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text.includes('\n') || text.length > 4096) break;
  }
  return text.split('\n')[0] ?? '';
}
