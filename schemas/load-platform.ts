import { loadFile } from './parse/load-file.ts';
import { refOfPath } from './places.ts';
import type { Problem } from './problem.ts';
import type { KindName, Loaded, PlatformState, RawFile } from './state.ts';
import { problemsOfOther } from './unknown-file.ts';

/** The platform's files (everything outside `tenants/`), in any order; files of tenants are ignored. Never throws on what the files hold. */
export function loadPlatform(files: Iterable<RawFile>): PlatformState {
  const problems: Problem[] = [];
  const draft = new PlatformDraft();
  const sorted = [...files].filter((file) => !file.path.startsWith('tenants/')).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const file of sorted) {
    const ref = refOfPath(file.path);
    if (ref === undefined) {
      problems.push(...problemsOfOther(file));
      continue;
    }
    const result = loadFile(file, ref);
    if (result.loaded === undefined) problems.push(...result.problems);
    else draft.add(result.loaded);
  }
  if (!sorted.some((file) => file.path === 'platform.yaml')) {
    problems.push({ path: 'platform.yaml', line: 1, column: 1, pointer: '', severity: 'error', code: 'file_missing', message: 'platform.yaml is missing. Add it: it names the operators and the trusted keys.' });
  }
  return draft.finish(problems);
}

class PlatformDraft {
  #platform: Loaded<'Platform'> | undefined;
  readonly #cells = new Map<string, Loaded<'Cell'>>();
  readonly #tiers = new Map<string, Loaded<'Tier'>>();
  readonly #roles = new Map<string, Loaded<'Role'>>();

  add(loaded: Loaded<KindName>): void {
    const { kind, name } = loaded.ref;
    if (kind === 'Platform') this.#platform = loaded as Loaded<'Platform'>;
    else if (kind === 'Cell') this.#cells.set(name, loaded as Loaded<'Cell'>);
    else if (kind === 'Tier') this.#tiers.set(name, loaded as Loaded<'Tier'>);
    else if (kind === 'Role') this.#roles.set(name, loaded as Loaded<'Role'>);
  }

  finish(problems: readonly Problem[]): PlatformState {
    return { ...(this.#platform !== undefined && { platform: this.#platform }), cells: this.#cells, tiers: this.#tiers, roles: this.#roles, problems };
  }
}
