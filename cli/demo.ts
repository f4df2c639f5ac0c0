import '../tools/node-version.ts';

// `npm run demo`: everything else is loaded only after the version of Node is known to be enough.
const { runDemoProcess } = await import('./demo/process.ts');
await runDemoProcess();
