import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A validator as kubernetes-models compiles it from the published OpenAPI and CRD schemas. */
interface Validate {
  (data: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string; readonly keyword: string; readonly params: unknown }[] | null;
}

/** By path: the packages don't export these files. */
const packages = join(import.meta.dirname, '../../node_modules');
const kubernetes = join(packages, 'kubernetes-models/_schemas');
const flux = join(packages, '@kubernetes-models/flux-cd/_schemas');

const groups: Readonly<Record<string, string>> = {
  v1: 'IoK8sApiCoreV1',
  'apps/v1': 'IoK8sApiAppsV1',
  'policy/v1': 'IoK8sApiPolicyV1',
  'networking.k8s.io/v1': 'IoK8sApiNetworkingV1',
  'rbac.authorization.k8s.io/v1': 'IoK8sApiRbacV1',
  'admissionregistration.k8s.io/v1': 'IoK8sApiAdmissionregistrationV1',
  'kustomize.toolkit.fluxcd.io/v1': 'ComGithubFluxcdKustomizeControllerApiV1',
  'helm.toolkit.fluxcd.io/v2': 'ComGithubFluxcdHelmControllerApiV2',
  'source.toolkit.fluxcd.io/v1': 'ComGithubFluxcdSourceControllerApiV1',
};

async function validatorOf(apiVersion: string, kind: string): Promise<Validate> {
  const prefix = groups[apiVersion];
  if (prefix === undefined) throw new TypeError(`No schemas are known for ${apiVersion}.`);
  const file = join(prefix.startsWith('Io') ? kubernetes : flux, `${prefix}${kind}.js`);
  return ((await import(pathToFileURL(file).href)) as { validate: Validate }).validate;
}

/**
 * What is wrong with an object by the real schema of its kind; empty: nothing. The published schemas allow unknown fields,
 * so the validator runs over a proxy: a typed object is asked for each field that its type has, and a field that was
 * never asked for is unknown. An object of which nothing was asked is free-form (a HelmRelease's values).
 */
export async function strictProblems(object: { readonly apiVersion: string; readonly kind: string }): Promise<string[]> {
  const validate = await validatorOf(object.apiVersion, object.kind);
  const seen: Seen[] = [];
  const valid = validate(watched(object, '', seen));
  const problems = valid ? [] : (validate.errors ?? []).map(({ instancePath, keyword, params }) => `${instancePath}: ${keyword} ${JSON.stringify(params)}`);
  const unknown = seen.flatMap(({ target, path, asked }) => (asked.size === 0 ? [] : Object.keys(target).filter((key) => !asked.has(key)).map((key) => `${path}/${key}: unknown field`)));
  return [...problems, ...unknown];
}

interface Seen {
  readonly target: object;
  readonly path: string;
  readonly asked: Set<PropertyKey>;
}

function watched<T>(value: T, path: string, seen: Seen[]): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => watched(item as unknown, `${path}/${index}`, seen)) as T;
  const entry: Seen = { target: value, path, asked: new Set() };
  seen.push(entry);
  const children = new Map<PropertyKey, unknown>();
  return new Proxy(value, {
    get(target, key) {
      entry.asked.add(key);
      if (!children.has(key)) children.set(key, watched(Reflect.get(target, key) as unknown, `${path}/${String(key)}`, seen));
      return children.get(key);
    },
  });
}
