import { connect } from 'node:net';

/** Sends bytes as they are and gives what comes back until the server closes. */
export function raw(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => { text += chunk.toString(); });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(request);
  });
}
