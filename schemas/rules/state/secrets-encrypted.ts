import { isMap, isScalar } from 'yaml';
import { readDocument } from '../../parse/yaml.ts';
import type { Problem } from '../../problem.ts';
import type { EnvironmentState, Loaded } from '../../state.ts';
import { problemAt, type StateRule } from '../rule.ts';

/**
 * A secret is encrypted to its environment and to break-glass, to nobody else, and says its own namespace: the file's MAC
 * covers the namespace, so a file copied from another environment is found out.
 */
export const secretsEncrypted: StateRule = {
  codes: ['environment_key_missing', 'secret_namespace', 'secret_recipients', 'secret_not_encrypted', 'secret_key_ambiguous'],
  * check({ tenant }) {
    for (const environment of tenant.environments.values()) {
      const namespace = `t-${tenant.id}--${environment.name}`;
      for (const secret of environment.secrets.values()) {
        if (secret.object.metadata.namespace !== namespace) {
          yield problemAt(secret, '/metadata/namespace', 'secret_namespace', `The namespace must be \`${namespace}\`. Write the secret anew in this environment: a file of another one can't be moved here.`);
        }
        yield* checkValues(secret);
        yield* checkKeys(secret);
        yield* checkRecipients(environment, secret);
      }
    }
  },
};

function* checkValues(secret: Loaded<'Secret'>): Iterable<Problem> {
  for (const [key, value] of Object.entries(secret.object.stringData)) {
    if (value === '') yield problemAt(secret, `/stringData/${key}`, 'secret_not_encrypted', 'An empty value can\'t be encrypted and so would show that it is empty. Give it a value, or remove the key.');
  }
}

/** What YAML 1.1 takes for a number, a date, a truth value or nothing when it isn't quoted. */
const ambiguous = /^(?:[-+]?\.?\d|[-+]?\.(?:inf|nan)$|(?:true|false|yes|no|on|off|y|n|null)$)/i;

/** The file is copied as it is, and the cluster reads YAML 1.1: there `on` would be the key `true`, `010` the key `8`. */
function* checkKeys(secret: Loaded<'Secret'>): Iterable<Problem> {
  const suspects = Object.keys(secret.object.stringData).filter((key) => ambiguous.test(key));
  if (suspects.length === 0) return;
  const entries = readDocument(secret.text).get('stringData', true);
  const keys: unknown[] = isMap(entries) ? entries.items.map(({ key }) => key) : [];
  const plain = new Set(keys.map((key) => (isScalar(key) && key.type === 'PLAIN' ? String(key.value) : undefined)));
  for (const key of suspects) {
    if (plain.has(key)) yield problemAt(secret, `/stringData/${key}`, 'secret_key_ambiguous', `Without quotes the cluster reads the name \`${key}\` as something else than text. Write it as "${key}".`);
  }
}

function* checkRecipients(environment: EnvironmentState, secret: Loaded<'Secret'>): Iterable<Problem> {
  if (environment.key === undefined) {
    yield problemAt(secret, '', 'environment_key_missing', `The environment \`${environment.name}\` has no key.yaml, so nothing can decrypt its secrets. Have an operator make the key, then write the secret anew.`);
    return;
  }
  const { environment: own, breakGlass } = environment.key.object.spec.recipients;
  const recipients = secret.object.sops.age.map((each) => each.recipient);
  for (const [index, recipient] of recipients.entries()) {
    if ((recipient !== own && recipient !== breakGlass) || recipients.indexOf(recipient) !== index) {
      yield problemAt(secret, `/sops/age/${index}/recipient`, 'secret_recipients', 'This recipient is not one of the environment\'s key.yaml, or stands here twice. Write the secret anew, so that it is encrypted to these two only.');
    }
  }
  if (!recipients.includes(own) || !recipients.includes(breakGlass)) {
    yield problemAt(secret, '/sops/age', 'secret_recipients', 'The secret is not encrypted to both recipients of the environment\'s key.yaml. Write it anew.');
  }
}
