import { readDocument, readPlainYaml } from '../../schemas/index.ts';

/** The plain value of a YAML text; `undefined` when it can not be read. Never throws. */
export function readValue(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const plain = readPlainYaml(text);
  if (plain !== undefined) return plain.value;
  try {
    const document = readDocument(text);
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}
