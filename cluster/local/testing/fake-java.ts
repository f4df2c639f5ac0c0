// Stands in for a customer's application in tests: started like `java`, it serves HTTP on SERVER_PORT and does what
// FAKE_* variables say. `-version` answers as Java does, by ending well.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const env = process.env;
if (process.argv.includes('-version')) process.exit(0);
console.log(`starting ${process.argv.slice(2).join(' ')}`);
if (env['FAKE_EXIT'] !== undefined) {
  console.error('it can not run\nError: A fatal exception has occurred. Program will exit.');
  process.exit(Number(env['FAKE_EXIT']));
}
process.on('SIGTERM', () => {
  console.log('asked to stop');
  if (env['FAKE_IGNORES_TERM'] === undefined) setTimeout(() => process.exit(143), Number(env['FAKE_STOP_MS'] ?? 0));
});

const port = Number(env['FAKE_PORT'] ?? env['SERVER_PORT'] ?? 0);
const readyAt = performance.now() + Number(env['FAKE_READY_AFTER_MS'] ?? 0);
let broken = env['FAKE_NEVER_READY'] !== undefined;

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/health') response.statusCode = broken || performance.now() < readyAt ? 503 : 200;
  if (url.pathname === '/break') broken = true;
  if (url.pathname === '/exit') process.exit(Number(url.searchParams.get('code')));
  if (url.pathname === '/print') console.log(url.searchParams.get('text'));
  if (url.pathname === '/file') response.write(readFileSync(url.searchParams.get('path') ?? '', 'utf8'));
  else response.write(JSON.stringify({ pid: process.pid, env, args: process.argv.slice(2), cwd: process.cwd() }));
  response.end();
}).listen(port, '127.0.0.1', () => console.log(`listening on ${port}`));
