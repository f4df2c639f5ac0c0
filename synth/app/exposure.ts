import type { Application, Cell, Ingress } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { IntOrString, KubeIngress, KubePodDisruptionBudget, KubeService } from '../kubernetes.ts';
import { selectorLabels, type Labels } from '../names.ts';

/** What an object of an application carries. */
export interface Named {
  readonly name: string;
  readonly namespace: string;
  /** Common labels of the environment. */
  readonly labels: Labels;
}

export function serviceManifest({ name, namespace, labels }: Named, ports: NonNullable<Application['spec']['ports']>): Manifest {
  return KubeService.manifest({
    metadata: { name, namespace, labels: { ...labels, ...selectorLabels(name) } },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(name),
      ports: ports.map((port) => ({ name: port.name, port: port.port, protocol: 'TCP', targetPort: IntOrString.fromString(port.name) })),
    },
  }) as Manifest;
}

/** One pod at a time may be evicted, so a node's upkeep never takes the application down. */
export function disruptionBudget({ name, namespace, labels }: Named): Manifest {
  return KubePodDisruptionBudget.manifest({
    metadata: { name, namespace, labels: { ...labels, ...selectorLabels(name) } },
    spec: { maxUnavailable: IntOrString.fromNumber(1), selector: { matchLabels: selectorLabels(name) } },
  }) as Manifest;
}

/** TLS is served with the ingress controller's default certificate until certificates are managed. */
export function ingressManifest({ name, namespace, labels }: Named, spec: Ingress['spec'], cell: Cell): Manifest {
  const { host, path, application, port, tls = true } = spec;
  return KubeIngress.manifest({
    metadata: { name, namespace, labels: { ...labels, ...selectorLabels(application) } },
    spec: {
      ingressClassName: cell.spec.ingress.className,
      rules: [{ host, http: { paths: [{ path, pathType: 'Prefix', backend: { service: { name: application, port: { name: port } } } }] } }],
      ...(tls ? { tls: [{ hosts: [host] }] } : {}),
    },
  }) as Manifest;
}
