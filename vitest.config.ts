import { defineConfig } from 'vitest/config';

const lanes = ['jvm', 'postgres', 'charts', 'gitea', 'hosted', 'faults'];

// unit: needs Node, git and ssh-keygen. jvm: a JDK and Maven, builds fixtures/camel when needed. postgres, charts: bring their own binaries. gitea: builds Gitea, needs Go and a C compiler. hosted: needs sshd. proof: many processes for minutes. faults: strace, and minutes of kills.
export default defineConfig({
  test: {
    // What is polled for is an event: only the test's own limit is one of time.
    expect: { poll: { timeout: 15_000 } },
    reporters: process.env['CI'] === 'true' ? ['dot'] : ['default'],
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['*/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'e2e/**', 'var/**', ...lanes.map((lane) => `**/*.${lane}.test.ts`)],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      { test: { name: 'jvm', include: ['*/**/*.jvm.test.ts', 'e2e/local/**/*.test.ts'], exclude: ['**/node_modules/**'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
      { test: { name: 'proof', include: ['e2e/proof/**/*.test.ts', 'e2e/fuzz/**/*.test.ts'], exclude: ['**/node_modules/**'], testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false } },
      ...lanes.slice(1).map((lane) => ({ test: { name: lane, include: [`*/**/*.${lane}.test.ts`], exclude: ['**/node_modules/**'], testTimeout: 60_000, hookTimeout: 120_000 } })),
    ],
  },
});
