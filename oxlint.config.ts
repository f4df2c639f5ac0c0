import { defineConfig } from 'oxlint';
import { arrows, fences } from './tools/rooms.ts';

const rooms = Object.keys(arrows);

/** Folders in which a file needs rules of its own: every room, every folder that a fence names, and `**` for the rest. */
const folders = [...new Set([...rooms, ...fences.flatMap((fence) => fence.allowed)])].sort((a, b) => a.length - b.length);

function restrictions(folder: string) {
  const room = folder.split('/')[0] ?? folder;
  const allowed = arrows[room];
  const forbiddenRooms = allowed === undefined ? [] : rooms.filter((other) => other !== room && !allowed.includes(other));
  const arrowRules = forbiddenRooms.map((other) => ({
    regex: `^(?:\\.\\./)+${other}/`,
    message: `Arrow broken: ${room}/ may import only ${allowed?.join(', ') || 'nothing'}, not ${other}/ (tools/rooms.ts).`,
  }));
  const fenceRules = fences
    .filter((fence) => !fence.allowed.some((home) => folder === home || folder.startsWith(`${home}/`)))
    .map((fence) => ({
      group: [...fence.packages],
      message: `Fence broken: only ${fence.allowed.map((home) => `${home}/`).join(' and ')} may import ${fence.packages[0]} (tools/rooms.ts).`,
    }));
  return { patterns: [...arrowRules, ...fenceRules] };
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['schemas/types.ts', 'var/**', '**/.cache/**'],
  rules: {
    'no-restricted-imports': ['error', restrictions('')],
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'import/no-cycle': 'error',
    'max-depth': ['error', 3],
    'max-params': ['error', 4],
    complexity: ['error', 12],
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'promise/always-return': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/no-unnecessary-type-parameters': 'off',
    'import/no-unassigned-import': 'off',
  },
  overrides: [
    ...folders.map((folder) => ({ files: [`${folder}/**`], rules: { 'no-restricted-imports': ['error', restrictions(folder)] as ['error', object] } })),
    { files: ['**/*.test.ts', 'e2e/**', 'bench/**'], rules: { 'typescript/no-non-null-assertion': 'off' as const, complexity: 'off' as const, 'no-restricted-imports': 'off' as const } },
  ],
});
