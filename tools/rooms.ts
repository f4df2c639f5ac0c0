/**
 * The map of the rooms: which room may import which (`arrows`), and which packages and built-ins are fenced into which
 * folders (`fences`). oxlint.config.ts turns both into lint rules, tools/rooms.test.ts proves that they bite.
 */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  access: ['schemas'],
  synth: ['schemas'],
  secrets: ['schemas'],
  engine: ['schemas', 'synth'],
  images: ['schemas'],
  cluster: ['schemas', 'images', 'secrets'],
  ledger: [],
  workflows: ['schemas', 'access', 'synth', 'secrets', 'engine', 'images', 'cluster', 'ledger'],
  api: ['schemas', 'access', 'synth', 'secrets', 'engine', 'images', 'cluster', 'ledger', 'workflows'],
  cli: ['schemas', 'access', 'synth', 'secrets', 'engine', 'images', 'cluster', 'ledger', 'workflows', 'api'],
};

/** Folders that may import the packages; everywhere else the build fails. */
export const fences: readonly { readonly packages: readonly string[]; readonly allowed: readonly string[] }[] = [
  { packages: ['express'], allowed: ['api'] },
  { packages: ['stripe'], allowed: ['workflows/billing'] },
  { packages: ['jose'], allowed: ['access/tokens', 'observe'] },
  { packages: ['cdk8s', 'cdk8s-plus-28', 'constructs'], allowed: ['synth'] },
  { packages: ['ajv', 'ajv/*'], allowed: ['schemas'] },
  { packages: ['isomorphic-git', 'simple-git'], allowed: ['engine/git'] },
  { packages: ['pg', '@electric-sql/pglite'], allowed: ['ledger'] },
  { packages: ['@kubernetes/client-node'], allowed: ['cluster/flux'] },
  { packages: ['age-encryption'], allowed: ['secrets'] },
  { packages: ['yauzl'], allowed: ['images'] },
  { packages: ['commander'], allowed: ['cli'] },
  { packages: ['node:child_process', 'child_process'], allowed: ['engine/git', 'engine/testing', 'cluster/local', 'cli', 'tools', 'bench', 'e2e'] },
];
