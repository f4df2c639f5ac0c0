import { tenantDirectory } from '../../places.ts';
import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';

/** A tenant keeps its uid for ever, and vanishes only after its data has: `lifecycle: deleting` comes first, in a commit of its own. */
export const tenantIdentity: TransitionRule = {
  codes: ['tenant_uid_changed', 'tenant_removed'],
  * check({ tenant: { before, after } }) {
    if (before?.tenant === undefined) return;
    const path = `${tenantDirectory(before.id)}/tenant.yaml`;
    if (after?.tenant === undefined) {
      if (before.tenant.object.spec.lifecycle !== 'deleting') yield problemOfMissing(path, 'tenant_removed', 'A tenant can\'t be removed while it is in use. Set `lifecycle: deleting` first; the platform removes the folder when its data is gone.');
      return;
    }
    const { uid } = before.tenant.object.metadata;
    if (after.tenant.object.metadata.uid !== uid) {
      yield problemAt(after.tenant, '/metadata/uid', 'tenant_uid_changed', `The uid was \`${uid}\` and can't change: databases, billing and audit are keyed by it. Restore it.`);
    }
  },
};
