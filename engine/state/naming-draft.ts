import { objectId, ObjectDraft } from '../git/index.ts';
import type { ObjectType } from '../git/index.ts';

/** For a rendering that is compared and not written: texts are only named, as of ten thousand tenants they would not fit into memory. */
export class NamingDraft extends ObjectDraft {
  override add(type: ObjectType, content: Buffer): string {
    return type === 'blob' ? objectId(type, content) : super.add(type, content);
  }
}
