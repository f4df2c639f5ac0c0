import { resolveEnv } from './container-env.ts';
import type { ImageStore } from './image-store.ts';
import type { JavaFinder } from './java-finder.ts';
import { planLaunch, type LaunchPlan } from './launch-plan.ts';
import type { PodRecord } from './pod-record.ts';
import { PodStartError } from './pod-start-error.ts';
import { isPortFree, type PortAllocator } from './ports.ts';
import { POD_MARK, RUNNER_MARK } from './recover-processes.ts';
import type { SecretMounts } from './secret-mounts.ts';
import type { SecretReader } from './secret-reader.ts';
import type { Container } from './shapes.ts';

export interface PrepareInput {
  /** Its `ports` are filled. */
  readonly record: PodRecord;
  readonly container: Container;
  readonly runner: string;
  readonly java: JavaFinder;
  readonly images: ImageStore;
  readonly mounts: SecretMounts;
  readonly allocator: PortAllocator;
  /** Service variables of the namespace; undefined while the cell has not been applied since the start. */
  readonly services: Readonly<Record<string, string>> | undefined;
  readonly secrets: SecretReader;
}

/** Gathers what a start of the pod's container needs, each time anew. Throws PodStartError. */
export async function preparePod(input: PrepareInput): Promise<LaunchPlan> {
  const { record, container, services } = input;
  // An adopted pod may have to be restarted before anybody knows its peers and its secrets.
  if (services === undefined) throw new PodStartError('ContainerCreating', 'The cell has not been applied since the start.');
  const java = await input.java.find();
  const image = await input.images.get(container.image);
  await choosePorts(input);
  const secret = (name: string): Promise<Readonly<Record<string, string>> | undefined> => input.secrets.read(record.namespace, name);
  const env = await resolveEnv(container, { services, fields: fieldsOf(record), secret });
  const mounts = await input.mounts.write(record.uid, record.template.spec, container, secret);
  const plan = planLaunch({ image, container, java, env, ports: record.ports, mounts });
  return { ...plan, env: { HOSTNAME: record.name, ...plan.env, [RUNNER_MARK]: input.runner, [POD_MARK]: record.uid } };
}

/** The first port is moved to a free one; the others stay as declared and must be free. */
async function choosePorts({ record, container, allocator }: PrepareInput): Promise<void> {
  for (const [index, { containerPort }] of (container.ports ?? []).entries()) {
    const movable = index === 0 && record.portBehaviour !== 'ignored';
    const before = record.ports[containerPort];
    const port = before ?? (movable ? await allocator.allocate(record.uid) : containerPort);
    record.ports[containerPort] = port;
    if (await isPortFree(port)) continue;
    if (!movable) throw new PodStartError('PortInUse', `Port ${port} is in use by another program, and locally this application can't be moved to another one. Stop the other program.`);
    record.ports[containerPort] = await allocator.allocate(record.uid);
    allocator.release(port);
  }
}

function fieldsOf(record: PodRecord): Record<string, string> {
  const labels = Object.entries(record.template.metadata?.labels ?? {}).map(([name, value]) => [`metadata.labels['${name}']`, value]);
  const annotations = Object.entries(record.template.metadata?.annotations ?? {}).map(([name, value]) => [`metadata.annotations['${name}']`, value]);
  return {
    'metadata.name': record.name,
    'metadata.namespace': record.namespace,
    'metadata.uid': record.uid,
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
    'spec.nodeName': 'local',
    ...Object.fromEntries([...labels, ...annotations]) as Record<string, string>,
  };
}
