import type { Response } from 'express';

export interface Locals {
  requestId: string;
  /** Who asks, for the log. */
  actor?: string;
}

export function locals(response: Response): Locals {
  return response.locals as Locals;
}
