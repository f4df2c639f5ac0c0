/** The main section of META-INF/MANIFEST.MF: names as written, continuation lines joined. */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '') break;
    if (line.startsWith(' ')) {
      if (last !== undefined) attributes.set(last, (attributes.get(last) ?? '') + line.slice(1));
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    last = line.slice(0, colon);
    attributes.set(last, line.slice(colon + 1).replace(/^ /, ''));
  }
  for (const [name, value] of attributes) attributes.set(name, value.trim());
  return attributes;
}
