import type { KubernetesObject } from '../driver.ts';
import { conditionsOf, nextConditions } from './conditions.ts';
import type { Pod } from './pod.ts';
import { actualPort } from './pod-health.ts';
import type { ServicePorts } from './service-ports.ts';
import { ServiceProxy } from './service-proxy.ts';
import type { Service, ServicePort } from './shapes.ts';
import { toSeconds } from './time.ts';

export interface ServiceDependencies {
  readonly cell: string;
  readonly now: () => Date;
  readonly ports: ServicePorts;
  /** As in ServiceProxyOptions. */
  readonly retryMs: number;
  readonly observed: () => KubernetesObject | undefined;
  readonly publish: (object: KubernetesObject) => void;
  /** Pods of the service's namespace. */
  readonly pods: () => readonly Pod[];
}

/** One Service: a listener for each of its ports. */
export class ServiceController {
  readonly #dependencies: ServiceDependencies;
  readonly #proxies = new Map<string, ServiceProxy>();
  #service: Service;

  constructor(service: Service, dependencies: ServiceDependencies) {
    this.#service = service;
    this.#dependencies = dependencies;
  }

  /** Opens what is new, closes what is gone, leaves the others alone. */
  async update(service: Service): Promise<void> {
    this.#service = service;
    const wanted = new Map((service.spec.ports ?? []).map((port) => [portKey(port), port]));
    for (const [name, proxy] of this.#proxies) {
      if (wanted.has(name)) continue;
      proxy.close();
      this.#dependencies.ports.forget(this.#recordKey(name));
      this.#proxies.delete(name);
    }
    for (const name of wanted.keys()) if (!this.#proxies.has(name)) await this.#open(name);
    this.#publish();
  }

  /** Kubernetes' variables by which pods of the namespace find this service. */
  get variables(): Record<string, string> {
    const prefix = this.#service.metadata.name.toUpperCase().replaceAll('-', '_');
    const variables: Record<string, string> = {};
    for (const port of this.#service.spec.ports ?? []) {
      const proxy = this.#proxies.get(portKey(port));
      if (proxy === undefined) continue;
      variables[`${prefix}_SERVICE_HOST`] = '127.0.0.1';
      variables[`${prefix}_SERVICE_PORT`] ??= String(proxy.port);
      if (port.name !== undefined) variables[`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(proxy.port);
    }
    return variables;
  }

  /** `forget`: the service is gone for good, not only this control plane. */
  close(forget: boolean): void {
    for (const [name, proxy] of this.#proxies) {
      proxy.close();
      if (forget) this.#dependencies.ports.forget(this.#recordKey(name));
    }
    this.#proxies.clear();
  }

  async #open(name: string): Promise<void> {
    const port = await this.#dependencies.ports.portOf(this.#recordKey(name));
    const proxy = new ServiceProxy({ port, targets: () => this.#targets(name), retryMs: this.#dependencies.retryMs, onChange: () => this.#publish() });
    this.#proxies.set(name, proxy);
    await proxy.listen();
  }

  #targets(name: string): number[] {
    const port = (this.#service.spec.ports ?? []).find((candidate) => portKey(candidate) === name);
    const selector = Object.entries(this.#service.spec.selector ?? {});
    if (port === undefined || selector.length === 0) return [];
    return this.#dependencies.pods()
      .filter((pod) => pod.ready && selector.every(([label, value]) => pod.record.template.metadata?.labels?.[label] === value))
      .map((pod) => actualPort(port.targetPort ?? port.port, pod.container, pod.record));
  }

  #publish(): void {
    const { metadata, spec } = this.#service;
    const proxies = [...this.#proxies.values()];
    const failure = proxies.find((proxy) => proxy.failure !== undefined)?.failure;
    const before = this.#dependencies.observed();
    const now = this.#dependencies.now();
    this.#dependencies.publish({
      ...this.#service,
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, 'cameleer.io/cell': this.#dependencies.cell, 'cameleer.io/local-address': proxies.map((proxy) => `127.0.0.1:${proxy.port}`).join(',') },
        creationTimestamp: before?.metadata.creationTimestamp ?? toSeconds(now),
      },
      spec: { ...spec, clusterIP: '127.0.0.1' },
      status: {
        loadBalancer: { ingress: [{ ip: '127.0.0.1', ports: proxies.map((proxy) => ({ port: proxy.port, protocol: 'TCP' })) }] },
        conditions: nextConditions(conditionsOf(before), [failure === undefined
          ? { type: 'Ready', status: 'True', reason: 'Listening', message: proxies.map((proxy) => `listens on 127.0.0.1:${proxy.port}`).join(', ') }
          : { type: 'Ready', status: 'False', reason: 'PortInUse', message: failure }], now),
      },
    });
  }

  #recordKey(name: string): string {
    return `${this.#dependencies.cell}/${this.#service.metadata.namespace ?? ''}/${this.#service.metadata.name}/${name}`;
  }
}

function portKey(port: ServicePort): string {
  return port.name ?? String(port.port);
}
