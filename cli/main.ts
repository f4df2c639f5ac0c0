#!/usr/bin/env node
import '../tools/node-version.ts';

// Everything else is loaded only after the version of Node is known to be enough.
const { runProcess } = await import('./process.ts');
await runProcess();
