import { CodedError } from '../../schemas/index.ts';
import type { WriteResult } from '../intent.ts';
import type { Plan } from '../plan/types.ts';

const reasons = {
  too_large: 'The change is committed. It is too large for a plan: what it changes can not be read whole.',
  plan_failed: 'The change is committed. Its plan could not be made now; ask for it with the ids of both commits.',
} as const;

/** The answer to a write that stands: a plan that can not be made says why, and does not answer for the commit. */
export async function withPlan(written: Omit<WriteResult, 'plan' | 'planMissing'>, plan: () => Promise<Plan>, onError: (error: unknown) => void = () => {}): Promise<WriteResult> {
  try {
    return { ...written, plan: await plan() };
  } catch (error) {
    onError(error);
    const code = error instanceof CodedError && error.code === 'too_large' ? 'too_large' : 'plan_failed';
    return { ...written, planMissing: { code, message: reasons[code] } };
  }
}
