/** The exit codes of `cameleer`; documented in README.md and printed by `cameleer --help`. */
export const exitCodes = {
  /** Done, or nothing to do. */
  ok: 0,
  /** What was asked for is not so, or did not come about: problems found, a link missing, not ready in time. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No control plane answers. */
  notReachable: 3,
  /** The control plane, or a check on this side, refused: not signed in, not allowed, not found, conflict, invalid. */
  refused: 4,
  /** The control plane failed. */
  serverFailed: 5,
  /** A verification found nothing wrong and could not prove all of it. */
  unproved: 6,
  /** Stopped by SIGINT or SIGTERM. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
