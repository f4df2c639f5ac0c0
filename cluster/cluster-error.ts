import { CodedError } from '../schemas/coded-error.ts';

export type ClusterErrorCode =
  /** Another control plane runs on this data directory. */
  | 'data_directory_in_use'
  /** The data directory can't be made or written. */
  | 'data_directory_unusable'
  /** Another control plane uses the state repository, and one of the two has an embedded ledger. */
  | 'replica_needs_postgres'
  /** A rendered file is not what Kubernetes could read. */
  | 'manifest_invalid'
  /** The driver has been closed. */
  | 'driver_closed';

export class ClusterError extends CodedError<ClusterErrorCode> {
  override readonly name = 'ClusterError';
}
