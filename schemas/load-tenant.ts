import { loadFile } from './parse/load-file.ts';
import { refOfPath, tenantDirectory } from './places.ts';
import type { Problem } from './problem.ts';
import { problemsOfOther } from './unknown-file.ts';
import type { ApplicationState, EnvironmentState, KindName, Loaded, RawFile, TenantState } from './state.ts';

type Group<K extends KindName> = Map<string, Loaded<K>>;

interface EnvironmentDraft {
  name: string; environment?: Loaded<'Environment'>; key?: Loaded<'EnvironmentKey'>;
  deployments: Group<'AppDeployment'>; holds: Group<'Hold'>; ingresses: Group<'Ingress'>; secrets: Group<'Secret'>;
}
interface ApplicationDraft { name: string; application?: Loaded<'Application'>; releases: Group<'Release'> }

/**
 * One tenant from its files, in any order; files of other folders are ignored. It never throws on what the files hold:
 * each object with problems is missing, and its problems are in `problems`. `load` may remember files by path and blob id.
 */
export function loadTenant(id: string, files: Iterable<RawFile>, load: typeof loadFile = loadFile): TenantState {
  const directory = tenantDirectory(id);
  const problems: Problem[] = [];
  const draft = new TenantDraft();
  const sorted = [...files].filter((file) => file.path.startsWith(`${directory}/`)).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const file of sorted) {
    const ref = refOfPath(file.path);
    if (ref === undefined) {
      problems.push(...problemsOfOther(file));
      continue;
    }
    const result = load(file, ref);
    draft.expect(ref);
    if (result.loaded === undefined) problems.push(...result.problems);
    else draft.add(result.loaded);
  }
  problems.push(...draft.missing(directory, new Set(sorted.map((file) => file.path))));
  return draft.finish(id, directory, problems);
}

class TenantDraft {
  readonly #one: { tenant?: Loaded<'Tenant'>; license?: Loaded<'License'>; settings?: Loaded<'Settings'> } = {};
  readonly #groups = { Team: group<'Team'>(), Role: group<'Role'>(), Member: group<'Member'>(), ServiceAccount: group<'ServiceAccount'>(), VaultConnection: group<'VaultConnection'>(), SsoConnection: group<'SsoConnection'>() };
  readonly #environments = new Map<string, EnvironmentDraft>();
  readonly #applications = new Map<string, ApplicationDraft>();

  /** Notes that the object's environment or application has a folder, even when the object itself is broken. */
  expect(ref: Loaded<KindName>['ref']): void {
    if (ref.environment !== undefined) this.#environment(ref.environment);
    const application = ref.kind === 'Application' ? ref.name : ref.application;
    if (application !== undefined) this.#application(application);
  }

  add(loaded: Loaded<KindName>): void {
    const { kind, name, environment, application } = loaded.ref;
    if (environment !== undefined) this.#addToEnvironment(loaded);
    else if (kind === 'Application') this.#application(name).application = loaded as Loaded<'Application'>;
    else if (kind === 'Release') this.#application(application ?? '').releases.set(name, loaded as Loaded<'Release'>);
    else this.#addToTenant(loaded);
  }

  #addToTenant(loaded: Loaded<KindName>): void {
    const { kind, name } = loaded.ref;
    if (kind === 'Tenant') this.#one.tenant = loaded as Loaded<'Tenant'>;
    else if (kind === 'License') this.#one.license = loaded as Loaded<'License'>;
    else if (kind === 'Settings') this.#one.settings = loaded as Loaded<'Settings'>;
    else if (kind in this.#groups) (this.#groups as Record<string, Group<KindName>>)[kind]?.set(name, loaded);
    else throw new TypeError(`A ${kind} isn't a tenant's own object.`);
  }

  #addToEnvironment(loaded: Loaded<KindName>): void {
    const { kind, name } = loaded.ref;
    const environment = this.#environment(loaded.ref.environment ?? name);
    if (kind === 'Environment') environment.environment = loaded as Loaded<'Environment'>;
    else if (kind === 'EnvironmentKey') environment.key = loaded as Loaded<'EnvironmentKey'>;
    else if (kind === 'AppDeployment') environment.deployments.set(name, loaded as Loaded<'AppDeployment'>);
    else if (kind === 'Hold') environment.holds.set(name, loaded as Loaded<'Hold'>);
    else if (kind === 'Ingress') environment.ingresses.set(name, loaded as Loaded<'Ingress'>);
    else environment.secrets.set(name, loaded as Loaded<'Secret'>);
  }

  /** Folders whose main file isn't there. A main file that is there but broken has problems of its own. */
  * missing(directory: string, paths: ReadonlySet<string>): Iterable<Problem> {
    const needed = [
      `${directory}/tenant.yaml`,
      ...[...this.#environments.keys()].map((name) => `${directory}/environments/${name}/environment.yaml`),
      ...[...this.#applications.keys()].map((name) => `${directory}/apps/${name}/app.yaml`),
    ];
    for (const path of needed) {
      if (!paths.has(path)) yield { path, line: 1, column: 1, pointer: '', severity: 'error', code: 'file_missing', message: `${path} is missing, but its folder holds other objects. Add it, or remove the folder.` };
    }
  }

  finish(id: string, directory: string, problems: readonly Problem[]): TenantState {
    const environments = new Map<string, EnvironmentState>();
    for (const [name, { environment, ...rest }] of inOrder(this.#environments)) {
      if (environment !== undefined) environments.set(name, { ...rest, name, environment, deployments: inOrder(rest.deployments), holds: inOrder(rest.holds), ingresses: inOrder(rest.ingresses), secrets: inOrder(rest.secrets) });
    }
    const applications = new Map<string, ApplicationState>();
    for (const [name, { application, releases }] of inOrder(this.#applications)) {
      if (application !== undefined) applications.set(name, { name, application, releases: inOrder(releases) });
    }
    const { Team, Role, Member, ServiceAccount, VaultConnection, SsoConnection } = this.#groups;
    return {
      id, directory, ...this.#one, teams: inOrder(Team), roles: inOrder(Role), members: inOrder(Member),
      serviceAccounts: inOrder(ServiceAccount), vaults: inOrder(VaultConnection), sso: inOrder(SsoConnection), environments, applications, problems,
    };
  }

  #environment(name: string): EnvironmentDraft {
    let found = this.#environments.get(name);
    if (found === undefined) {
      found = { name, deployments: group(), holds: group(), ingresses: group(), secrets: group() };
      this.#environments.set(name, found);
    }
    return found;
  }

  #application(name: string): ApplicationDraft {
    let found = this.#applications.get(name);
    if (found === undefined) {
      found = { name, releases: group() };
      this.#applications.set(name, found);
    }
    return found;
  }
}

function group<K extends KindName>(): Group<K> {
  return new Map();
}

function inOrder<V>(map: ReadonlyMap<string, V>): Map<string, V> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
