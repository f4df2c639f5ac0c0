import type { Change } from '../../engine/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';

const most = 20;
const plain = /^[A-Za-z0-9_.-]{1,80}$/;
const configuration: ReadonlySet<string> = new Set(['env', 'properties', 'jvmOptions']);

/** What the log says of a patch beside "Change …": what became of a deployment, and the names of the fields. Values may be confidential. */
export function toldOfPatch(ref: ObjectRef, patch: unknown): Partial<Pick<Change, 'subject' | 'body'>> {
  const subject = ref.kind === 'AppDeployment' ? subjectOf(ref, patch) : undefined;
  const fields = [...fieldsOf(patch, '')];
  const rest = fields.length > most ? ` and ${fields.length - most} more` : '';
  return {
    ...(subject === undefined ? {} : { subject: subject.slice(0, 72) }),
    ...(fields.length === 0 ? {} : { body: `Fields: ${fields.slice(0, most).join(', ')}${rest}.` }),
  };
}

function subjectOf({ tenant, environment, name }: ObjectRef, patch: unknown): string | undefined {
  const spec = isFields(patch) && isFields(patch['spec']) ? patch['spec'] : {};
  const changed = Object.keys(spec);
  const place = `${tenant}/${name} in ${environment}`;
  if (changed.length === 1 && typeof spec['replicas'] === 'number') return `Scale ${place} to ${spec['replicas']}`;
  if (changed.length === 1 && changed[0] === 'stopped') return `${spec['stopped'] === true ? 'Stop' : 'Start'} ${place}`;
  return changed.length > 0 && changed.every((field) => configuration.has(field)) ? `Configure ${place}` : undefined;
}

/** Leaves as `spec.env.A`. A name with anything else than usual in it is left to its parent. */
function* fieldsOf(patch: unknown, path: string): Iterable<string> {
  const inside = isFields(patch) ? Object.entries(patch) : [];
  if (inside.length === 0 || inside.some(([name]) => !plain.test(name))) {
    if (path !== '') yield path;
    return;
  }
  for (const [name, value] of inside) yield* fieldsOf(value, path === '' ? name : `${path}.${name}`);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
