import { pathOfRef, readDocument } from '../../schemas/index.ts';
import { textOf } from './seed-draft.ts';
import type { SeedDraft } from './seed-draft.ts';

/** Puts a person in the place of the example's operators: operator of the platform and Owner of every tenant. */
export function installPerson(draft: SeedDraft, person: string): void {
  const operators = draft.example.platform.platform?.object.spec.operators ?? [];
  const platform = readDocument(textOf(draft, 'platform.yaml'));
  platform.setIn(['spec', 'operators'], [person]);
  draft.files.set('platform.yaml', platform.toString({ lineWidth: 0 }));
  for (const [tenant, { members }] of draft.example.tenants) {
    for (const operator of operators) {
      const path = members.get(operator)?.path;
      if (path !== undefined) draft.files.delete(path);
    }
    draft.files.set(pathOfRef({ kind: 'Member', tenant, name: person }), ownerText(person));
  }
}

function ownerText(person: string): string {
  return `# The person to whom the first start gave its sign-in token.
apiVersion: cameleer.io/v1
kind: Member
metadata:
  name: ${person}
spec:
  bindings:
    - role: owner
      environments: ["*"]
`;
}
