import { readValue } from './read-value.ts';

/** What a plan says about a rendered object. `replicas` and `template` are canonical texts, to compare. */
export interface ManifestOutline {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly replicas: string | undefined;
  readonly template: string | undefined;
}

const plainValue = /^[A-Za-z0-9][A-Za-z0-9./-]*$/;

/** Lines of a block by key, for block mappings indented by two spaces, as synth writes them. */
function sections(text: string, indent: string): Map<string, string> {
  const found = new Map<string, string>();
  const starts = [...text.matchAll(new RegExp(`^${indent}([A-Za-z][A-Za-z0-9]*):`, 'gm'))];
  for (const [index, start] of starts.entries()) found.set(start[1] ?? '', text.slice(start.index + start[0].length, starts[index + 1]?.index ?? text.length));
  return found;
}

/** Reads what is written as synth writes it, without parsing the rest; `undefined` when the text is written otherwise. */
function quickOutline(text: string): ManifestOutline | undefined {
  const top = sections(text, '');
  const metadata = sections(top.get('metadata') ?? '', '  ');
  const spec = sections(top.get('spec') ?? '', '  ');
  const [apiVersion, kind, name, namespace] = [top.get('apiVersion'), top.get('kind'), metadata.get('name'), metadata.get('namespace')].map((value) => value?.trim());
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  if (![apiVersion, kind, name, namespace ?? 'none'].every((value) => plainValue.test(value))) return undefined;
  return { apiVersion, kind, name, namespace, replicas: spec.get('replicas')?.trim(), template: spec.get('template') };
}

interface Manifest {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly replicas?: number; readonly template?: unknown };
}

function parsedOutline(text: string): ManifestOutline | undefined {
  const value = readValue(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { apiVersion, kind, metadata, spec }: Manifest = value;
  if (apiVersion === undefined || kind === undefined || metadata?.name === undefined) return undefined;
  const { name, namespace } = metadata;
  const template = spec?.template === undefined ? undefined : JSON.stringify(spec.template);
  return { apiVersion, kind, name, namespace, replicas: spec?.replicas === undefined ? undefined : String(spec.replicas), template };
}

export function outlineOf(text: string | undefined): ManifestOutline | undefined {
  return text === undefined ? undefined : (quickOutline(text) ?? parsedOutline(text));
}
