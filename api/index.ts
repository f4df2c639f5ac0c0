export { ApiError, catalogue } from './errors.ts';
export type { ApiErrorCode, FieldError } from './errors.ts';
export { readConfig } from './config.ts';
export type { Config } from './config.ts';
export { routes } from './routes/index.ts';
export { startServer } from './server.ts';
export type { RunningServer, Address } from './server.ts';
