import { defineConfig } from 'vitest/config';

// unit: needs node, git and ssh-keygen only. jvm: needs a JDK and Maven, builds fixtures/camel when needed.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['*/**/*.test.ts'], exclude: ['**/node_modules/**', '**/*.jvm.test.ts', 'e2e/**'], testTimeout: 20_000 } },
      { test: { name: 'jvm', include: ['**/*.jvm.test.ts', 'e2e/local/**/*.test.ts'], exclude: ['**/node_modules/**'], testTimeout: 240_000, hookTimeout: 240_000 } },
    ],
  },
});
