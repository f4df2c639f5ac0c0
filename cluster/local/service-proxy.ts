import { connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

export interface ServiceProxyOptions {
  readonly port: number;
  /** Ports of the ready pods at this moment. */
  readonly targets: () => readonly number[];
  /** How often it tries to listen while another program holds the port. */
  readonly retryMs: number;
  /** After `failure` has changed. */
  readonly onChange: () => void;
}

/** A stable loopback port that leads to the ready pods in turn: what a Service's address is in a cluster. */
export class ServiceProxy {
  readonly port: number;
  /** Why it doesn't listen; undefined while it does. */
  failure: string | undefined = 'not yet listening';
  readonly #targets: () => readonly number[];
  readonly #retryMs: number;
  readonly #onChange: () => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #turn = 0;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ port, targets, retryMs, onChange }: ServiceProxyOptions) {
    this.port = port;
    this.#targets = targets;
    this.#retryMs = retryMs;
    this.#onChange = onChange;
  }

  /** Listens; when another program holds the port, tries again, because pods have been told this port. */
  listen(): Promise<void> {
    return new Promise((resolve) => {
      const server = createServer({ pauseOnConnect: true }, (socket) => this.#forward(socket));
      this.#server = server;
      server.once('error', (error: NodeJS.ErrnoException) => {
        this.#settle(error.code === 'EADDRINUSE' ? `port ${this.port} is in use by another program; stop it` : `port ${this.port}: ${error.message}`);
        if (!this.#closed) this.#retry = setTimeout(() => void this.listen(), this.#retryMs).unref();
        resolve();
      });
      server.listen({ host: HOST, port: this.port, exclusive: true }, () => {
        this.#settle(undefined);
        resolve();
      });
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #settle(failure: string | undefined): void {
    if (this.failure === failure || this.#closed) return;
    this.failure = failure;
    this.#onChange();
  }

  /** Tries each ready pod once; without any the connection is closed, as a cluster refuses it. */
  #forward(client: Socket): void {
    const targets = this.#targets();
    const start = this.#turn;
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    this.#track(client);
    const attempt = (tries: number): void => {
      const port = targets[(start + tries) % targets.length];
      if (port === undefined || tries >= targets.length) {
        client.destroy();
        return;
      }
      const upstream = connect({ host: HOST, port, noDelay: true });
      const failed = (): void => attempt(tries + 1);
      upstream.once('error', failed);
      upstream.once('connect', () => {
        upstream.off('error', failed);
        this.#join(client, upstream);
      });
    };
    attempt(0);
  }

  #join(client: Socket, upstream: Socket): void {
    this.#track(upstream);
    client.setNoDelay(true);
    for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
      from.once('error', () => to.destroy());
      from.once('close', () => to.destroySoon());
      from.pipe(to);
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
