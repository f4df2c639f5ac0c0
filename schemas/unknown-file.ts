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
export function unknownFile(path: string): Problem {
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
  const shapes = placeTemplates.filter((template) => resembles(template, segments)).map((template) => ({ template, shape: shapeOf(template, segments) }));
  const near = nearest(path, shapes.map(({ shape }) => shape));
  if (near === undefined) return 'Remove it, or move it to where its kind belongs.';
  if (near !== path) return `Did you mean \`${near}\`? Otherwise remove it.`;
  return remedyOfName(shapes.find(({ shape }) => shape === path)?.template ?? '', segments);
}

/** The place with the path's own names in it. */
function shapeOf(template: string, segments: readonly string[]): string {
  return template.split('/').map((part, index) => part.replaceAll(placeholder, (segments[index] ?? '').replace(/\.yaml$/, ''))).join('/');
}

const placeholder = /\{[^}]+\}/g;

/** Whether each part of the path is like the place's: two long paths that differ in their end only are near by length alone. */
function resembles(template: string, segments: readonly string[]): boolean {
  const parts = shapeOf(template, segments).split('/');
  return parts.length === segments.length && parts.every((part, index) => nearest(segments[index] ?? '', [part]) !== undefined);
}

const slug = /^[a-z](?:-?[a-z0-9]){0,39}$/;
const slugWords = 'names are lower-case letters, digits and single hyphens, a letter first, at most 40 of them (environments 20)';

/** The path has the form of a place, so one of its names can't be. */
function remedyOfName(template: string, segments: readonly string[]): string {
  const named = template.split('/').map((part, index) => ({ part, name: (segments[index] ?? '').replace(/\.yaml$/, '') })).filter(({ part }) => part.includes('{'));
  const wrong = named.find(({ part, name }, index) => index > 1 && index < named.length - 1 && (!slug.test(name) || (part === '{environment}' && name.length > 20))) ?? named.at(-1);
  return `\`${wrong?.name ?? ''}\` is not a possible name here: ${wrong === named.at(-1) ? wordsOf(template) : slugWords}. Rename it.`;
}

function wordsOf(template: string): string {
  if (template.includes('/members/')) return 'a member is named by a person\'s id, `usr_` and 16 lower-case letters and digits';
  return template.includes('/releases/') ? 'a release is `v<N>`, or `v<N>-r<K>`' : slugWords;
}

function remedyOfFolder(prefix: string, id: string): string | undefined {
  if (!isTenantId(id)) return `\`${id}\` can't be a tenant's id: 2–20 lower-case letters, digits and single hyphens, a letter first. Rename the folder.`;
  return prefix === id.slice(0, 2) ? undefined : `The folder of tenant \`${id}\` is \`${tenantDirectory(id)}\`.`;
}
