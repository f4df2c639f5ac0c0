import type { Problem } from '../../problem.ts';
import type { ApplicationState, Loaded, TenantState } from '../../state.ts';
import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';
import { isChangeOf, type Change } from './changes.ts';
import { isOlder } from './release-change.ts';

/** Not a byte of a release changes; it goes only when nothing runs it; and a new one has a higher number than all that are there. (What was removed is in the history, which no rule reads.) */
export const releaseImmutable: TransitionRule = {
  codes: ['release_immutable', 'release_in_use', 'release_number_reused'],
  * check({ tenant: { before, after }, changes }) {
    if (before === undefined) return;
    for (const change of changes) if (isChangeOf(change, 'Release')) yield* checkRelease(change, before, after);
  },
};

function* checkRelease(change: Change<'Release'>, before: TenantState, after: TenantState | undefined): Iterable<Problem> {
  if (change.before !== undefined && change.after !== undefined) {
    yield problemAt(change.after, '', 'release_immutable', `The release \`${change.after.ref.name}\` exists, and a release never changes. Restore the file; a new JAR is a new release.`);
  } else if (change.before !== undefined) {
    yield* checkRemoval(change.before, before, after);
  } else if (change.after !== undefined) {
    const { name, application = '' } = change.after.ref;
    const highest = highestOf(before.applications.get(application), name);
    if (highest !== undefined) {
      yield problemAt(change.after, '/metadata/name', 'release_number_reused', `The release \`${highest}\` exists, and numbers are given upwards only, so that none is ever used twice. Choose a higher number.`);
    }
  }
}

function* checkRemoval(release: Loaded<'Release'>, before: TenantState, after: TenantState | undefined): Iterable<Problem> {
  const { name, application = '' } = release.ref;
  // An application that goes as a whole is another rule's matter.
  if (after?.applications.has(application) !== true) return;
  const user = before.environments.values().find(({ deployments }) => deployments.get(application)?.object.spec.release === name);
  if (user !== undefined) yield problemOfMissing(release.path, 'release_in_use', `The release \`${name}\` runs in \`${user.name}\`. Deploy another release there first.`);
}

/** The newest release that is not older than `name`: of all releases for `v3`, of the rebuilds of `v3` for `v3-r1`. */
function highestOf(application: ApplicationState | undefined, name: string): string | undefined {
  const base = name.includes('-') ? name.slice(0, name.indexOf('-')) : undefined;
  const candidates = [...(application?.releases.keys() ?? [])].filter((each) => base === undefined || each === base || each.startsWith(`${base}-`));
  return candidates.find((each) => isOlder(name, each));
}
