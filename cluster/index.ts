export type { CellRevision, ClusterDriver, KubernetesObject, LogLine, LogOptions, ObservedQuery } from './driver.ts';
export { ClusterError } from './cluster-error.ts';
export type { ClusterErrorCode } from './cluster-error.ts';
export { shareRepository } from './share-repository.ts';
export { lockDataDirectory } from './lock-data-directory.ts';
export type { DataDirectoryLock } from './lock-data-directory.ts';
export { openLocalRunner, notEnforcedLocally } from './local/open-local-runner.ts';
export type { LocalRunner, LocalRunnerOptions } from './local/open-local-runner.ts';
export type { Logger } from './local/logger.ts';
