/** Why a container can't be started; `reason` as the container's waiting state shows it. */
export type StartFailure =
  /** Nothing is wrong: what it needs is not there yet. */
  | 'ContainerCreating'
  | 'ImagePullFailed'
  | 'InvalidImageName'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'JavaNotFound'
  | 'PortInUse';

/** A pod can't start for now; it is tried again with back-off. The message is safe to show. */
export class PodStartError extends Error {
  override readonly name = 'PodStartError';
  readonly reason: StartFailure;
  constructor(reason: StartFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
