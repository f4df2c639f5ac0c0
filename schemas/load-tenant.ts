import { loadFile, refuseUnread } from './parse/load-file.ts';
import { refOfPath, tenantDirectory } from './places.ts';
import type { Problem } from './problem.ts';
import { ignoredFile, unknownFile } from './unknown-file.ts';
import type { ApplicationState, EnvironmentState, KindName, Loaded, RawFile, TenantState } from './state.ts';

type Group<K extends KindName> = Map<string, Loaded<K>>;

interface EnvironmentDraft {
  name: string; environment?: Loaded<'Environment'>; key?: Loaded<'EnvironmentKey'>;
  deployments: Group<'AppDeployment'>; holds: Group<'Hold'>; ingresses: Group<'Ingress'>; secrets: Group<'Secret'>;
}
interface ApplicationDraft { name: string; application?: Loaded<'Application'>; releases: Group<'Release'> }

/**
 * One tenant from its files, in any order; files of other folders are ignored. It never throws on what the files hold:
 * each object with problems is missing, and its problems are in `problems`.
 */
export function loadTenant(id: string, files: Iterable<RawFile>): TenantState {
  const directory = tenantDirectory(id);
  const problems: Problem[] = [];
  const draft = new TenantDraft();
  const sorted = [...files].filter((file) => file.path.startsWith(`${directory}/`)).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const file of sorted) {
    const ref = refOfPath(file.path);
    if (ref === undefined) {
      const problem = ignoredFile(file) ? undefined : (refuseUnread(file) ?? unknownFile(file.path));
      if (problem !== undefined) problems.push(problem);
      continue;
    }
    const result = loadFile(file, ref);
    draft.expect(ref);
    if (result.loaded === undefined) problems.push(...result.problems);
    else draft.add(result.loaded);
  }
  problems.push(...draft.missing(directory, new Set(sorted.map((file) => file.path))));
  return draft.finish(id, directory, problems);
}

class TenantDraft {
  readonly #one: { tenant?: Loaded<'Tenant'>; license?: Loaded<'License'>; settings?: Loaded<'Settings'> } = {};
  readonly #groups = { teams: group<'Team'>(), roles: group<'Role'>(), members: group<'Member'>(), serviceAccounts: group<'ServiceAccount'>(), vaults: group<'VaultConnection'>(), sso: group<'SsoConnection'>() };
  readonly #environments = new Map<string, EnvironmentDraft>();
  readonly #applications = new Map<string, ApplicationDraft>();

  /** Notes that the object's environment or application has a folder, even when the object itself is broken. */
  expect(ref: Loaded<KindName>['ref']): void {
    if (ref.environment !== undefined) this.#environment(ref.environment);
    const application = ref.kind === 'Application' ? ref.name : ref.application;
    if (application !== undefined) this.#application(application);
  }

  add(loaded: Loaded<KindName>): void {
    const { kind, name } = loaded.ref;
    switch (kind) {
      case 'Tenant': this.#one.tenant = loaded as Loaded<'Tenant'>; break;
      case 'License': this.#one.license = loaded as Loaded<'License'>; break;
      case 'Settings': this.#one.settings = loaded as Loaded<'Settings'>; break;
      case 'Team': this.#groups.teams.set(name, loaded as Loaded<'Team'>); break;
      case 'Role': this.#groups.roles.set(name, loaded as Loaded<'Role'>); break;
      case 'Member': this.#groups.members.set(name, loaded as Loaded<'Member'>); break;
      case 'ServiceAccount': this.#groups.serviceAccounts.set(name, loaded as Loaded<'ServiceAccount'>); break;
      case 'VaultConnection': this.#groups.vaults.set(name, loaded as Loaded<'VaultConnection'>); break;
      case 'SsoConnection': this.#groups.sso.set(name, loaded as Loaded<'SsoConnection'>); break;
      case 'Application': this.#application(name).application = loaded as Loaded<'Application'>; break;
      case 'Release': this.#application(loaded.ref.application ?? '').releases.set(name, loaded as Loaded<'Release'>); break;
      case 'Platform': case 'Cell': case 'Tier': break;
      case 'Environment': case 'EnvironmentKey': case 'AppDeployment': case 'Hold': case 'Ingress': case 'Secret': this.#addToEnvironment(loaded); break;
    }
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
    const { teams, roles, members, serviceAccounts, vaults, sso } = this.#groups;
    return {
      id, directory, ...this.#one, teams: inOrder(teams), roles: inOrder(roles), members: inOrder(members),
      serviceAccounts: inOrder(serviceAccounts), vaults: inOrder(vaults), sso: inOrder(sso), environments, applications, problems,
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
