// `npm run demo`.
import '../tools/node-version.js';

// Everything else is TypeScript, which only a new enough Node.js can load.
await import('./demo.ts');
