import type { Cell } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { commonLabels, platformNamespace } from '../names.ts';
import { sourceName } from '../tenant/kustomization.ts';

/** Credentials for the cell's publication; an operator puts them there. */
const publicationSecret = 'cameleer-publication';

/** The cell's one source: the publication that holds only its own tree. */
export function cellSource(cell: Cell): Manifest {
  const { name } = cell.metadata;
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: sourceName, namespace: platformNamespace, labels: commonLabels() },
    spec: {
      interval: '1m',
      timeout: '60s',
      url: `https://publications.${platformNamespace}.svc/git/cells/${name}.git`,
      ref: { branch: `cells/${name}` },
      secretRef: { name: publicationSecret },
    },
  };
}
