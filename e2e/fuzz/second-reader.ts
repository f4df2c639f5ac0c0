import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { decode } from '../../schemas/parse/decode.ts';
import { parseYaml } from '../../schemas/parse/yaml.ts';

/** What a terminal obeys, what shows another text than the one that holds, and what no file can hold. */
const control = /[\p{Cc}--[\t\n\r]]|\p{Cs}|[\u202A-\u202E\u2066-\u2069]/v;

/**
 * What is wrong with taking these bytes for YAML, by a second reader: it must read the same value, and find nothing in it that is
 * refused. `undefined` for what is as it should be, and for what was not taken.
 */
export function misread(bytes: Uint8Array): string | undefined {
  const decoded = decode(bytes);
  if ('problem' in decoded) return undefined;
  const { value, problems } = parseYaml(decoded.text);
  if (problems.length > 0) return undefined;
  let second: unknown;
  try {
    second = parse(decoded.text, { schema: 'core', version: '1.2', stringKeys: true, uniqueKeys: true, logLevel: 'error' });
  } catch (error) {
    return `Taken, and another reader says: ${String(error)}`;
  }
  // A `__proto__` that was set, and not refused, is a field there and none here.
  if (!isDeepStrictEqual(value, second)) return `Taken as ${JSON.stringify(value)}, and another reader reads ${JSON.stringify(second)}`;
  return forbidden(second);
}

function forbidden(value: unknown): string | undefined {
  if (typeof value === 'string') return control.test(value) ? `Taken with a control character: ${JSON.stringify(value)}` : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = name === '__proto__' ? 'Taken with a field `__proto__`' : (forbidden(name) ?? forbidden(inner));
    if (found !== undefined) return found;
  }
  return undefined;
}
