import { nearest } from './nearest.ts';
import { refuseUnread } from './parse/load-file.ts';
import { isTenantId, placeTemplates, tenantDirectory } from './places.ts';
import type { Problem } from './problem.ts';
import type { RawFile } from './state.ts';

const rootFiles = new Set(['CODEOWNERS', 'LICENSE', '.gitattributes', '.gitignore', '.gitlab-ci.yml', '.mailmap', '.sops.yaml']);

/** The problem, if any, of a file whose path names no object. */
export function problemsOfOther(file: RawFile): Problem[] {
  return ignored(file) ? [] : [refuseUnread(file) ?? unknownFile(file.path)];
}

/** Files that hold no object and that the platform leaves alone: READMEs anywhere, and what a Git host reads at the root. */
function ignored(file: RawFile): boolean {
  if (file.mode !== 'file' && file.mode !== 'executable') return false;
  const { path } = file;
  return path === 'README.md' || path.endsWith('/README.md') || rootFiles.has(path) || /^\.(?:github|gitea|forgejo|gitlab)\//.test(path) || path.startsWith('docs/');
}

/** The problem of a file that is no object's place, with the place that was most likely meant. */
function unknownFile(path: string): Problem {
  return { path, line: 1, column: 1, pointer: '', severity: 'error', code: 'file_unknown', message: `No object has this path. ${remedy(path)}` };
}

function remedy(path: string): string {
  const segments = path.split('/');
  const [root, prefix, id] = segments;
  if (path.endsWith('.yml')) return `Name it \`${path.slice(0, -4)}.yaml\`.`;
  if (root === 'tenants' && segments.length > 3 && id !== undefined && prefix !== undefined) {
    const misplaced = remedyOfFolder(prefix, id);
    if (misplaced !== undefined) return misplaced;
  }
  const candidates = placeTemplates.filter((template) => template.split('/').length === segments.length);
  const shapes = candidates.map((template) => template.split('/').map((part, index) => part.replaceAll(/\{[^}]+\}/g, (segments[index] ?? '').replace(/\.yaml$/, ''))).join('/'));
  const near = nearest(path, shapes);
  if (near !== undefined && near !== path) return `Did you mean \`${near}\`? Otherwise remove it.`;
  const last = segments.at(-1) ?? '';
  return near === path
    ? `\`${last}\` is not a possible name here: names are lower-case letters, digits and single hyphens, a letter first. Rename it.`
    : 'Remove it, or move it to where its kind belongs.';
}

function remedyOfFolder(prefix: string, id: string): string | undefined {
  if (!isTenantId(id)) return `\`${id}\` can't be a tenant's id: 2–20 lower-case letters, digits and single hyphens, a letter first. Rename the folder.`;
  return prefix === id.slice(0, 2) ? undefined : `The folder of tenant \`${id}\` is \`${tenantDirectory(id)}\`.`;
}
