import type { Application, Cell, Ingress } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { IntOrString, KubeIngress, KubePodDisruptionBudget, KubeService, manifest } from '../kubernetes.ts';
import { selectorLabels, type Labels } from '../names.ts';

/** What an object of an application carries. */
export interface Named {
  readonly name: string;
  readonly namespace: string;
  /** Common labels of the environment. */
  readonly labels: Labels;
}

export function serviceManifest({ name, namespace, labels }: Named, ports: NonNullable<Application['spec']['ports']>): Manifest {
  return manifest(KubeService, {
    metadata: { labels: { ...labels, ...selectorLabels(name) }, name, namespace },
    spec: {
      ports: ports.map((port) => ({ name: port.name, port: port.port, protocol: 'TCP', targetPort: IntOrString.fromString(port.name) })),
      selector: selectorLabels(name),
      type: 'ClusterIP',
    },
  });
}

/** One pod at a time may be evicted, so a node's upkeep never takes the application down. */
export function disruptionBudget({ name, namespace, labels }: Named): Manifest {
  return manifest(KubePodDisruptionBudget, {
    metadata: { labels: { ...labels, ...selectorLabels(name) }, name, namespace },
    spec: { maxUnavailable: IntOrString.fromNumber(1), selector: { matchLabels: selectorLabels(name) } },
  });
}

/** TLS is served with the ingress controller's default certificate until certificates are managed. */
export function ingressManifest({ name, namespace, labels }: Named, spec: Ingress['spec'], cell: Cell): Manifest {
  const { host, path, application, port, tls = true } = spec;
  return manifest(KubeIngress, {
    metadata: { labels: { ...labels, ...selectorLabels(application) }, name, namespace },
    spec: {
      ingressClassName: cell.spec.ingress.className,
      rules: [{ host, http: { paths: [{ backend: { service: { name: application, port: { name: port } } }, path, pathType: 'Prefix' }] } }],
      ...(tls ? { tls: [{ hosts: [host] }] } : {}),
    },
  });
}
