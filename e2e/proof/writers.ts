import { setTimeout as pause } from 'node:timers/promises';

/** What one write asked for, and what it was told. `unknown`: nobody can say yet whether it was done. */
export interface Attempt {
  readonly object: string;
  /** In the object's description, and nowhere else. */
  readonly token: string;
  readonly outcome: 'acknowledged' | 'refused' | 'unknown';
  /** Of an acknowledged write. */
  readonly commit?: string;
  /** Blob that the writer had read and meant to replace. */
  readonly replaced: string;
  /** HTTP status and code, or why there was none. */
  readonly reason: string;
}

export interface Door {
  readonly url: string;
  readonly token: string;
}

export interface WriterOptions {
  readonly doors: readonly Door[];
  readonly tenant: string;
  readonly objects: readonly string[];
  /** One that all of them change, with every fourth write. */
  readonly contended: string;
  readonly until: () => boolean;
}

/** Codes of answers after which a write may still be found done. */
const unsure = new Set(['outcome_unknown']);
const requestMilliseconds = 60_000;

/** One person at one door after the other: reads an object, changes its description, and never writes over what was not read. */
export async function write(options: WriterOptions, writer: number): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (let turn = 0; !options.until(); turn += 1) {
    const door = options.doors[(writer + turn) % options.doors.length];
    const object = turn % 4 === 3 ? options.contended : (options.objects[(writer * 7 + turn) % options.objects.length] ?? '');
    if (door === undefined) throw new TypeError('There is no door.');
    const attempt = await writeOnce(door, options.tenant, { object, token: `w${writer}t${turn}` });
    if (attempt === undefined) await pause(20);
    else attempts.push(attempt);
  }
  return attempts;
}

async function writeOnce(door: Door, tenant: string, { object, token }: Pick<Attempt, 'object' | 'token'>): Promise<Attempt | undefined> {
  const address = `${door.url}/api/v1/tenants/${tenant}/teams/${object}`;
  const read = await ask(door, address, {});
  const etag = read?.response.headers.get('etag');
  // Nothing was asked to change yet, so there is nothing to account for.
  if (read?.response.status !== 200 || etag === null || etag === undefined) return undefined;
  const replaced = etag.replaceAll('"', '');
  const body = JSON.stringify({ spec: { description: token } });
  const answer = await ask(door, address, { method: 'PATCH', body, headers: { 'content-type': 'application/merge-patch+json', 'if-match': etag } });
  if (answer === undefined) return { object, token, outcome: 'unknown', replaced, reason: 'no answer' };
  const { commit, code } = answer.body;
  const reason = `${answer.response.status} ${code ?? ''}`.trim();
  if (answer.response.ok) return { object, token, outcome: 'acknowledged', replaced, reason, ...(commit === undefined ? {} : { commit }) };
  return { object, token, outcome: unsure.has(code ?? '') ? 'unknown' : 'refused', replaced, reason };
}

interface Asked {
  readonly response: Response;
  readonly body: { readonly commit?: string; readonly code?: string };
}

/** `undefined`: no answer, or not a whole one. */
async function ask(door: Door, address: string, init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }): Promise<Asked | undefined> {
  try {
    const response = await fetch(address, { ...init, headers: { authorization: `Bearer ${door.token}`, ...init.headers }, signal: AbortSignal.timeout(requestMilliseconds) });
    return { response, body: (await response.json()) as Asked['body'] };
  } catch {
    return undefined;
  }
}
