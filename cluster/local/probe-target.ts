import { get } from 'node:http';
import { connect } from 'node:net';
import type { ProbeSpec } from './shapes.ts';

const HOST = '127.0.0.1';

/** Looks once. Resolves with undefined when the probe passes, else with a sentence that says why not; never rejects. */
export function probeTarget(probe: ProbeSpec, port: number): Promise<string | undefined> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  return probe.httpGet === undefined ? probeTcp(port, timeout) : probeHttp(probe.httpGet, port, timeout);
}

function probeTcp(port: number, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout });
    const end = (failure?: string): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(`no connection to port ${port} within ${timeout} ms`));
    socket.once('error', (error: NodeJS.ErrnoException) => end(`port ${port}: ${error.code ?? error.message}`));
  });
}

function probeHttp(http: NonNullable<ProbeSpec['httpGet']>, port: number, timeout: number): Promise<string | undefined> {
  const path = http.path ?? '/';
  const headers = Object.fromEntries((http.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  return new Promise((resolve) => {
    const request = get({ host: HOST, port, path, headers: { connection: 'close', ...headers }, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      end(status >= 200 && status < 400 ? undefined : `GET ${path} answered ${status}`);
    });
    const timer = setTimeout(() => end(`GET ${path} gave no answer within ${timeout} ms`), timeout);
    const end = (failure?: string): void => {
      clearTimeout(timer);
      resolve(failure);
      request.destroy();
    };
    request.once('error', (error: NodeJS.ErrnoException) => end(`GET ${path}: ${error.code ?? error.message}`));
  });
}
