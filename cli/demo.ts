import { runDemoProcess } from './demo/process.ts';

await runDemoProcess();
