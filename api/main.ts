// `npm start`. The version is checked before anything that needs a new Node.js is loaded.
import '../tools/node-version.ts';

const { start } = await import('./start.ts');
await start();
