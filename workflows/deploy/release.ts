import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { stringify } from 'yaml';
import type { Intent } from '../../engine/index.ts';
import { buildImage, inspectJar, signRelease, spoolUpload } from '../../images/index.ts';
import { effectiveLimits, pathOfRef, type ObjectRef, type Release, type TenantState } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { defined } from '../defined.ts';
import { cellOf, environmentsInOrder, findApplication, findEnvironment, findTenant } from '../find.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome } from '../write.ts';

export interface ReleaseRequest {
  readonly tenant: string;
  readonly application: string;
  /** The JAR's bytes; read with back pressure into a file, never whole into memory. */
  readonly jar: Readable;
  /** Whose cell's registry gets the image; default: the first environment in order of promotion. */
  readonly environment?: string;
  /** A name that the client insists on, such as `v3`. */
  readonly name?: string;
  /** Content-Length: fewer bytes are a cut upload. */
  readonly expectedBytes?: number;
  readonly signal?: AbortSignal;
}

export interface ReleaseAnswer {
  readonly release: Release;
  /** `false` when these bytes were released before. */
  readonly created: boolean;
  readonly outcome: Outcome;
}

/**
 * Upload → checked → image in the registry → signed Release at commit. The server gives the number: the same JAR, base and
 * agent answer the existing Release. Errors: `release_exists`, `not_found`, `no_environment`, those of the upload and the
 * JAR's inspection; whatever fails, no file of the upload stays.
 */
export async function release(stores: Stores, caller: Caller, request: ReleaseRequest): Promise<ReleaseAnswer> {
  const tenant = await findTenant(stores, request.tenant);
  findApplication(tenant, request.application);
  targetCell(tenant, request.environment);
  const limits = effectiveLimits(stores.engine.platform(), tenant);
  if (limits === undefined) throw new WorkflowError('not_found', `Tenant ${tenant.id} has no tier in force. An operator repairs its tenant.yaml.`);
  const upload = await spoolUpload(request.jar, stores.uploads, {
    maxBytes: limits.jarMiB * 1024 * 1024,
    ...defined({ expectedBytes: request.expectedBytes, signal: request.signal }),
  });
  try {
    return await releaseFile(stores, caller, request, upload);
  } finally {
    await rm(upload.path, { force: true });
  }
}

interface Upload {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

async function releaseFile(stores: Stores, caller: Caller, request: ReleaseRequest, upload: Upload): Promise<ReleaseAnswer> {
  const { tenant, application } = request;
  const images = stores.engine.platform().platform?.object.spec.images;
  const repository = `${tenant}/${application}`;
  const inspection = await inspectJar(upload.path);
  const jar = { sha256: upload.sha256, size: upload.size };
  const { base, agent } = images ?? {};
  const platform = { base: digestOf(base), agent: digestOf(agent) };
  // Asked again at commit; asked here so that bytes which can not become this release leave no image behind.
  chooseName(await releasesOf(stores, request), { sha256: jar.sha256, ...platform, name: request.name });
  const image = await buildImage({ jarPath: upload.path, jar, inspection, registry: stores.registry, repository, ...defined({ base, agent }) });
  const builtAt = timestamp(stores.now());
  const { kind, mainClass, launch, camelVersion, components, routeFiles } = inspection;
  let answer: { release: Release; created: boolean } | undefined;
  const intent: Intent = {
    change: changeBy(caller, { action: 'release.create', subject: `Release ${tenant}/${application} from JAR ${upload.sha256.slice(0, 12)}`.slice(0, 72), tenant, application }),
    apply: async (draft) => {
      const state = await draft.tenant(tenant);
      const existing = state?.applications.get(application)?.releases ?? new Map();
      const chosen = chooseName([...existing.values()].map((each) => each.object), { sha256: jar.sha256, ...platform, name: request.name });
      if ('existing' in chosen) {
        answer = { release: chosen.existing, created: false };
        return;
      }
      const signed = signRelease({
        tenant,
        application,
        release: {
          apiVersion: 'cameleer.io/v1',
          kind: 'Release',
          metadata: { name: chosen.name },
          spec: {
            tag: `${chosen.name}-${jar.sha256.slice(0, 12)}`,
            image: { repository, digest: image.digest },
            jar,
            ...defined(platform),
            runtime: { kind, mainClass, launch, ...defined({ camelVersion }), components: [...components], routeFiles: [...routeFiles] },
            builtAt,
          },
        },
        key: { id: stores.keys.builder.id, privateKey: stores.keys.builder.privateKey },
      });
      draft.put(pathOfRef(refOf(tenant, application, chosen.name)), stringify(signed, { lineWidth: 0 }));
      answer = { release: signed, created: true };
    },
  };
  const outcome = await write(stores, caller, intent);
  const made = answer ?? (await releaseOf(stores, request, upload.sha256));
  if (made.created) await tag(stores, repository, image.digest, made.release.spec.tag);
  return { ...made, outcome };
}

async function releasesOf(stores: Stores, { tenant, application }: ReleaseRequest): Promise<readonly Release[]> {
  return [...findApplication(await findTenant(stores, tenant), application).releases.values()].map((each) => each.object);
}

/** The Release of a request that was committed before its answer could be given. */
async function releaseOf(stores: Stores, request: ReleaseRequest, sha256: string): Promise<{ release: Release; created: boolean }> {
  const found = (await releasesOf(stores, request)).find((each) => each.spec.jar.sha256 === sha256);
  if (found === undefined) throw new WorkflowError('idempotency_key_reused', 'This Idempotency-Key was used for the upload of another JAR. Use a new one.');
  return { release: found, created: true };
}

function refOf(tenant: string, application: string, name: string): ObjectRef<'Release'> {
  return { kind: 'Release', tenant, application, name };
}

export interface NameWish {
  readonly sha256: string;
  readonly base: string | undefined;
  readonly agent: string | undefined;
  readonly name: string | undefined;
}

/**
 * The name of a new Release among those that exist: the next `v<N>`; `v<N>-r<K>` for the same JAR on another base or agent; or the
 * existing Release of the same bytes. Throws `release_exists` when the wished name has other bytes.
 */
export function chooseName(existing: readonly Release[], wish: NameWish): { readonly existing: Release } | { readonly name: string } {
  const sameJar = existing.filter((each) => each.spec.jar.sha256 === wish.sha256);
  const same = sameJar.find((each) => each.spec.base === wish.base && each.spec.agent === wish.agent);
  const named = existing.find((each) => each.metadata.name === wish.name);
  if (named !== undefined && named !== same) throw new WorkflowError('release_exists', `Release ${wish.name} exists with other bytes, and releases never change. Leave the name out to get the next number.`);
  if (same !== undefined) return { existing: same };
  if (wish.name !== undefined) return { name: wished(wish.name, sameJar) };
  const older = sameJar[0];
  if (older !== undefined) {
    const number = numberOf(older.metadata.name);
    const rebuilds = sameJar.map((each) => Number(/-r(\d+)$/.exec(each.metadata.name)?.[1] ?? 0));
    return { name: `v${number}-r${Math.max(...rebuilds) + 1}` };
  }
  return { name: `v${Math.max(0, ...existing.map((each) => numberOf(each.metadata.name))) + 1}` };
}

/** `v<N>-r<K>` means the JAR of `v<N>` built again, so only that JAR may have such a name. */
function wished(name: string, sameJar: readonly Release[]): string {
  if (!name.includes('-r') || sameJar.some((each) => numberOf(each.metadata.name) === numberOf(name))) return name;
  throw new WorkflowError('release_exists', `${name} can only be a rebuild of the JAR of v${numberOf(name)}, and this is another one. Leave the name out to get the next number.`);
}

function numberOf(name: string): number {
  return Number(/^v(\d+)/.exec(name)?.[1] ?? 0);
}

/** The digest of an image reference; a digest alone is itself. */
function digestOf(reference: string | undefined): string | undefined {
  return reference?.slice(reference.lastIndexOf('@') + 1);
}

/** The Release is committed: from now on people may find the image by its tag as well. */
async function tag(stores: Stores, repository: string, digest: string, name: string): Promise<void> {
  const manifest = await stores.registry.getManifest(repository, digest);
  if (manifest !== undefined) await stores.registry.putManifest(repository, manifest.descriptor.mediaType, manifest.bytes, name);
}

function targetCell(tenant: TenantState, environment: string | undefined): string {
  const name = environment === undefined ? environmentsInOrder(tenant)[0]?.name : findEnvironment(tenant, environment).name;
  const cell = name === undefined ? undefined : cellOf(tenant, name);
  if (cell === undefined) throw new WorkflowError('no_environment', `Tenant ${tenant.id} has no environment whose cell could hold the image. Create an environment first.`);
  return cell;
}

/** RFC 3339 in UTC, to the second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
