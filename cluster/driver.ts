/** A Kubernetes object in its real shape; `status` as the real controllers write it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What `cells/<cell>` says at one commit: paths from the root of that tree. */
export interface CellRevision {
  readonly cell: string;
  /** `cells/<cell>@sha1:<commit>`, as Flux writes revisions. */
  readonly revision: string;
  /** Path → blob id. */
  readonly files: ReadonlyMap<string, string>;
  read(path: string): Promise<Uint8Array>;
}

export interface LogOptions {
  readonly namespace: string;
  readonly application: string;
  /** One pod; absent: all pods of the application, also those that have died, merged by time. */
  readonly pod?: string;
  readonly follow?: boolean;
  readonly tailLines?: number;
  readonly signal?: AbortSignal;
}

export interface LogLine {
  readonly pod: string;
  /** RFC 3339 with milliseconds: when the driver first read the line, which may be later than it was written. */
  readonly time: string;
  readonly text: string;
}

export interface ObservedQuery {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface ClusterDriver {
  /** Makes the cell what the revision says; resolves when the objects are accepted, not when pods are ready. */
  apply(revision: CellRevision): Promise<void>;
  /** The observed objects, newest state, in name order. Status conditions carry reason, message and lastTransitionTime. */
  list(query: ObservedQuery): readonly KubernetesObject[];
  /** Called after each change of an observed object; returns the unsubscribe function. */
  watch(listener: (object: KubernetesObject, change: 'applied' | 'deleted') => void): () => void;
  logs(options: LogOptions): AsyncIterable<LogLine>;
  /** Things that this driver renders but does not enforce, for status: `NetworkPolicy`, `ResourceQuota`, … */
  readonly notEnforced: readonly string[];
  /** Leaves the pods running when `keepPods` (a restart adopts them), else stops them gracefully. */
  close(options: { keepPods: boolean }): Promise<void>;
}
