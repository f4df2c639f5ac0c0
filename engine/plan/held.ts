import type { FileChange } from '../change.ts';
import type { PartSource } from './plan-part.ts';

/** Held deployments that the change touches, and holds that it sets or ends. What is over by its time holds nothing, but a plan knows no time. */
export function heldDeployments({ tenant, files, before, after }: Pick<PartSource, 'tenant' | 'files' | 'before' | 'after'>): { readonly subject: string; readonly message: string }[] {
  return files.flatMap((file) => {
    const { ref } = file;
    if (tenant === undefined || ref?.environment === undefined || (ref.kind !== 'AppDeployment' && ref.kind !== 'Hold')) return [];
    const hold = [after, before].map((side) => side.tenant?.environments.get(ref.environment ?? '')?.holds.get(ref.name)?.object.spec).find((spec) => spec !== undefined);
    if (hold === undefined) return [];
    const until = hold.until === undefined ? '' : ` until ${hold.until}`;
    return [{ subject: `${ref.environment}/${ref.name} ${verbOf(file)}`, message: `${ref.name} ${verbOf(file)} in ${ref.environment} by ${hold.by}${until}: ${hold.reason}` }];
  });
}

function verbOf({ ref, before, after }: FileChange): string {
  if (ref?.kind !== 'Hold' || (before !== undefined && after !== undefined)) return 'is held';
  return before === undefined ? 'becomes held' : 'is resumed; it was held';
}
