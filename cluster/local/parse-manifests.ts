import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../driver.ts';
import { ClusterError } from '../cluster-error.ts';

/** The objects of one rendered file. Throws ClusterError `manifest_invalid`, with the path and what is wrong. */
export function parseManifests(path: string, text: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const objects: KubernetesObject[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw new ClusterError('manifest_invalid', `${path}: ${error.message}`, { cause: error });
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value !== null) objects.push(checkObject(path, value));
  }
  return objects;
}

function checkObject(path: string, value: unknown): KubernetesObject {
  const object = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } };
  if (typeof object.apiVersion !== 'string' || typeof object.kind !== 'string' || typeof object.metadata?.name !== 'string') {
    throw new ClusterError('manifest_invalid', `${path}: not a Kubernetes object: apiVersion, kind and metadata.name are needed.`);
  }
  if (object.kind === 'Deployment') checkDeployment(path, value);
  return value as KubernetesObject;
}

function checkDeployment(path: string, value: unknown): void {
  const { spec } = value as { spec?: { template?: { spec?: { containers?: readonly unknown[] } } } };
  const containers = spec?.template?.spec?.containers;
  if (!Array.isArray(containers) || containers.length !== 1) {
    throw new ClusterError('manifest_invalid', `${path}: the local runner starts Deployments with exactly one container.`);
  }
}
