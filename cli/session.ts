import { join } from 'node:path';
import type { Client } from './client/http.ts';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { paletteFor, type Palette } from './render/palette.ts';

export interface GlobalOptions {
  readonly json?: boolean;
  readonly url?: string;
  readonly color?: boolean;
}

/** What every verb gets: the process, the global options, and a client when it asks for one. */
export interface Session {
  readonly io: Io;
  readonly json: boolean;
  readonly palette: Palette;
  /** The clone's or `CAMELEER_DATA`'s data directory; it need not exist. */
  readonly dataDirectory: string;
  readonly urlOption: string | undefined;
  /** A client with a token; refuses when there is none. */
  client(): Promise<Client>;
  /** Human text, or with `--json` the value itself. */
  print(value: unknown, human: (palette: Palette) => string): void;
}

export function openSession(io: Io, options: GlobalOptions): Session {
  const dataDirectory = io.env['CAMELEER_DATA'] ?? join(import.meta.dirname, '..', 'var');
  const palette = paletteFor(io.stdout, options.color === false ? { NO_COLOR: '1' } : io.env);
  const json = options.json === true;
  let client: Promise<Client> | undefined;
  return {
    io, json, palette, dataDirectory,
    urlOption: options.url,
    client() {
      client ??= connect(io, dataDirectory, options.url);
      return client;
    },
    print(value, human) {
      io.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : withNewline(human(palette)));
    },
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

async function connect(io: Io, dataDirectory: string, url: string | undefined): Promise<Client> {
  const [{ findCredentials }, { isLoopback, openClient }] = await Promise.all([import('./client/credentials.ts'), import('./client/http.ts')]);
  const credentials = await findCredentials(io.env, dataDirectory, url);
  if (credentials.token === undefined) {
    const here = isLoopback(new URL(credentials.url).hostname);
    throw new CliError('not_signed_in', `There is no token for ${credentials.url}.`, {
      next: here ? 'start a control plane with `npm start`; for one that runs elsewhere on this machine run `cameleer login`' : 'run `cameleer login` with a token of that control plane, or set CAMELEER_TOKEN',
    });
  }
  return openClient({ url: credentials.url, token: credentials.token, signal: io.signal, newId: () => io.newId() });
}
