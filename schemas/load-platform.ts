import { loadFile, refuseUnread } from './parse/load-file.ts';
import { refOfPath } from './places.ts';
import type { Problem } from './problem.ts';
import type { Loaded, PlatformState, RawFile } from './state.ts';
import { ignoredFile, unknownFile } from './unknown-file.ts';

/** The platform's files (everything outside `tenants/`), in any order; files of tenants are ignored. Never throws on what the files hold. */
export function loadPlatform(files: Iterable<RawFile>): PlatformState {
  const problems: Problem[] = [];
  const cells = new Map<string, Loaded<'Cell'>>();
  const tiers = new Map<string, Loaded<'Tier'>>();
  const roles = new Map<string, Loaded<'Role'>>();
  let platform: Loaded<'Platform'> | undefined;
  const sorted = [...files].filter((file) => !file.path.startsWith('tenants/')).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const file of sorted) {
    const ref = refOfPath(file.path);
    if (ref === undefined) {
      const problem = ignoredFile(file) ? undefined : (refuseUnread(file) ?? unknownFile(file.path));
      if (problem !== undefined) problems.push(problem);
      continue;
    }
    const result = loadFile(file, ref);
    if (result.loaded === undefined) problems.push(...result.problems);
    else if (ref.kind === 'Platform') platform = result.loaded as Loaded<'Platform'>;
    else if (ref.kind === 'Cell') cells.set(ref.name, result.loaded as Loaded<'Cell'>);
    else if (ref.kind === 'Tier') tiers.set(ref.name, result.loaded as Loaded<'Tier'>);
    else if (ref.kind === 'Role') roles.set(ref.name, result.loaded as Loaded<'Role'>);
  }
  if (!sorted.some((file) => file.path === 'platform.yaml')) {
    problems.push({ path: 'platform.yaml', line: 1, column: 1, pointer: '', severity: 'error', code: 'file_missing', message: 'platform.yaml is missing. Add it: it names the operators and the trusted keys.' });
  }
  return { ...(platform !== undefined && { platform }), cells, tiers, roles, problems };
}
