import type { Manifest } from '../files.ts';
import { platformNamespace, type Labels } from '../names.ts';

/** Name of a cell's one source of manifests and charts. */
export const sourceName = 'cell';

export interface KustomizationSpec {
  readonly name: string;
  readonly labels: Labels;
  /** From the root of the cell's tree. */
  readonly path: string;
  readonly serviceAccountName: string;
  /** Every object is put there, whatever it says. */
  readonly targetNamespace?: string;
  /** Secret in the platform's namespace with the age key that opens the path's files. */
  readonly keySecret?: string;
}

/** A Flux Kustomization. It doesn't wait for health: a crash-looping application must not block the next commit. */
export function kustomization({ name, labels, path, serviceAccountName, targetNamespace, keySecret }: KustomizationSpec): Manifest {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: platformNamespace, labels },
    spec: {
      interval: '10m',
      retryInterval: '1m',
      timeout: '2m',
      prune: true,
      wait: false,
      path: `./${path}`,
      serviceAccountName,
      targetNamespace,
      sourceRef: { kind: 'GitRepository', name: sourceName },
      decryption: keySecret === undefined ? undefined : { provider: 'sops', secretRef: { name: keySecret } },
    },
  };
}
