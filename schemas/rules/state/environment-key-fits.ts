import { cellOfEnvironment } from '../../cell-of-environment.ts';
import { isTimestamp } from '../../formats.ts';
import { oncePerObject } from '../../once-per-object.ts';
import { readsAlike } from '../../parse/decode.ts';
import { parseYaml } from '../../parse/yaml.ts';
import type { Problem } from '../../problem.ts';
import type { Loaded } from '../../state.ts';
import { problemAt, type CheckedState, type StateRule } from '../rule.ts';

/**
 * An environment's key is for the cell that the environment runs in. Its manifest is copied into the platform's own
 * namespace, so it must be exactly the one Secret that is expected there, and no other object.
 */
export const environmentKeyFits: StateRule = {
  codes: ['environment_key_cell', 'environment_key_manifest', 'environment_key_reused'],
  * check(state) {
    const seen = new Map<string, string>();
    for (const { name, key } of state.tenant.environments.values()) {
      if (key === undefined) continue;
      yield* checkCell(state, key);
      yield* checkManifest(state, key);
      const { environment, breakGlass } = key.object.spec.recipients;
      const other = seen.get(environment);
      if (other !== undefined || environment === breakGlass) {
        yield problemAt(key, '/spec/recipients/environment', 'environment_key_reused', `This recipient is used ${other === undefined ? 'for break-glass' : `by \`${other}\``} too, so secrets could be moved between them. Have an operator make a key of its own.`);
      }
      seen.set(environment, name);
    }
  },
};

function* checkCell({ platform, tenant }: CheckedState, key: Loaded<'EnvironmentKey'>): Iterable<Problem> {
  const expected = tenant.tenant === undefined ? undefined : cellOfEnvironment(tenant.tenant.object, key.ref.name);
  const { cell } = key.object.spec.cellSecret;
  if (expected !== undefined && platform.cells.has(expected) && cell !== expected) {
    yield problemAt(key, '/spec/cellSecret/cell', 'environment_key_cell', `The key is encrypted for the cell \`${cell}\`, but the environment runs in \`${expected}\`, which can't open it. Have an operator encrypt the key for \`${expected}\`.`);
  }
}

/** Escapes in key.yaml can write what its bytes can't hold, and the manifest becomes a file of its own. */
const manifestOf = oncePerObject<'EnvironmentKey', unknown>(({ object: { spec: { cellSecret: { manifest } } } }) => (readsAlike(manifest) ? parseYaml(manifest).value : undefined));

function* checkManifest({ platform, tenant }: CheckedState, key: Loaded<'EnvironmentKey'>): Iterable<Problem> {
  const environment = key.ref.name;
  const { cell } = key.object.spec.cellSecret;
  const recipient = platform.cells.get(cell)?.object.spec.recipient;
  const fault = faultOf(manifestOf(key), { name: `age-${tenant.id}--${environment}`, entry: `${environment}.agekey`, recipient });
  if (fault !== undefined) {
    yield problemAt(key, '/spec/cellSecret/manifest', 'environment_key_manifest', `The manifest ${fault}. It goes into the platform's own namespace, so nothing else may stand there: have an operator make the key anew.`);
  }
}

const encrypted = /^ENC\[AES256_GCM,data:[A-Za-z0-9+/=]+,iv:[A-Za-z0-9+/=]+,tag:[A-Za-z0-9+/=]+,type:str\]$/;
const armoured = /^-----BEGIN AGE ENCRYPTED FILE-----\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n-----END AGE ENCRYPTED FILE-----\n?$/;

interface Expected { readonly name: string; readonly entry: string; readonly recipient: string | undefined }

/** What is wrong with a key's manifest; undefined when it is the expected Secret, field by field. */
function faultOf(value: unknown, expected: Expected): string | undefined {
  if (!isObject(value) || value['apiVersion'] !== 'v1' || value['kind'] !== 'Secret') return 'is no Secret';
  if (!onlyKeys(value, ['apiVersion', 'kind', 'metadata', 'type', 'stringData', 'sops']) || (value['type'] ?? 'Opaque') !== 'Opaque') return 'has fields that it must not have';
  return faultOfMetadata(value['metadata'], expected) ?? faultOfData(value['stringData'], expected) ?? faultOfSops(value['sops'], expected);
}

function faultOfMetadata(metadata: unknown, { name }: Expected): string | undefined {
  const good = isObject(metadata) && onlyKeys(metadata, ['name', 'namespace']) && metadata['name'] === name && metadata['namespace'] === 'cameleer-system';
  return good ? undefined : `must have the name \`${name}\`, the namespace \`cameleer-system\` and no other metadata`;
}

function faultOfData(data: unknown, { entry }: Expected): string | undefined {
  const good = isObject(data) && onlyKeys(data, [entry]) && encrypted.test(String(data[entry]));
  return good ? undefined : `must have the one encrypted entry \`${entry}\``;
}

function faultOfSops(sops: unknown, { recipient }: Expected): string | undefined {
  const entries: readonly unknown[] = isObject(sops) && Array.isArray(sops['age']) ? sops['age'] : [];
  const [entry] = entries;
  if (!isObject(sops) || entries.length !== 1 || !isObject(entry)) return 'is not encrypted to exactly one recipient';
  const about = faultOfRules(sops);
  if (about !== undefined) return about;
  if (!encrypted.test(String(sops['mac'])) || !armoured.test(String(entry['enc']))) return 'is not whole: its `mac` or `enc` has the wrong form';
  return recipient === undefined || entry['recipient'] === recipient ? undefined : 'is not encrypted to the recipient of its cell';
}

function faultOfRules(sops: Readonly<Record<string, unknown>>): string | undefined {
  if (!onlyKeys(sops, ['age', 'encrypted_regex', 'lastmodified', 'mac', 'version']) || sops['encrypted_regex'] !== '^(data|stringData)$') return 'must say what is encrypted by `encrypted_regex: ^(data|stringData)$`, and nothing else about it';
  return isTimestamp(String(sops['lastmodified'])) ? undefined : 'has a `lastmodified` that is no time in UTC, to the second';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function onlyKeys(value: object, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key));
}
