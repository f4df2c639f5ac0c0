import { isMap, type Document } from 'yaml';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Merge Patch (RFC 7396) on a YAML document in place: what the patch leaves alone keeps its comments and style. */
export function mergePatch(document: Document, patch: unknown): void {
  mergeAt(document, [], patch);
}

function mergeAt(document: Document, path: readonly string[], patch: unknown): void {
  if (!isRecord(patch)) {
    setAt(document, path, patch);
    return;
  }
  if (!isMap(path.length === 0 ? document.contents : document.getIn(path, true))) setAt(document, path, {});
  for (const [key, value] of Object.entries(patch)) {
    const at = [...path, key];
    if (value === null) document.deleteIn(at);
    else mergeAt(document, at, value);
  }
}

/** Makes the document say `wanted`, touching only what differs. Lists are replaced whole. */
export function replaceWith(document: Document, wanted: unknown): void {
  replaceAt(document, [], document.toJS() as unknown, wanted);
}

function replaceAt(document: Document, path: readonly string[], current: unknown, wanted: unknown): void {
  if (!isRecord(current) || !isRecord(wanted)) {
    if (JSON.stringify(current) !== JSON.stringify(wanted)) setAt(document, path, wanted);
    return;
  }
  for (const key of Object.keys(current)) {
    if (!(key in wanted)) document.deleteIn([...path, key]);
  }
  for (const [key, value] of Object.entries(wanted)) replaceAt(document, [...path, key], current[key], value);
}

function setAt(document: Document, path: readonly string[], value: unknown): void {
  if (path.length === 0) document.contents = document.createNode(value);
  else document.setIn(path, document.createNode(value));
}
