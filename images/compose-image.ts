import type { BaseImage } from './base-image.ts';
import { manifestMediaType, type ImageConfig, type ImageManifest, type ImageRunConfig } from './image-config.ts';
import type { Inspection } from './inspect/inspection.ts';
import type { Descriptor } from './registry.ts';

export type NamedLayer = Descriptor & { readonly name: string };

/** What an image is made of, in the order of its layers. */
export interface ImageParts {
  readonly base: BaseImage | undefined;
  readonly agent: BaseImage | undefined;
  readonly layers: readonly NamedLayer[];
}

export interface Launch {
  /** After `java`. */
  readonly command: readonly string[];
  readonly jarSha256: string;
}

/** Distroless images' "nonroot". */
const user = '65532:65532';

/** The image's configuration; no times in it, so that the same parts give the same bytes. */
export function composeConfig(parts: ImageParts, inspection: Inspection, launch: Launch): ImageConfig {
  const { base, agent, layers } = parts;
  const { architecture = 'amd64', os = 'linux', variant } = base?.config ?? {};
  const history = historyOf(parts);
  return {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: runConfig(base?.config.config ?? {}, inspection, launch),
    rootfs: { type: 'layers', diff_ids: [...diffIds(base), ...diffIds(agent), ...layers.map((layer) => layer.digest)] },
    ...(history === undefined ? {} : { history }),
  };
}

export function composeManifest({ base, agent, layers }: ImageParts, config: Descriptor): ImageManifest {
  return {
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: plain(config),
    layers: [...(base?.layers ?? []), ...(agent?.layers ?? []), ...layers].map(plain),
    ...(base === undefined ? {} : { annotations: { 'org.opencontainers.image.base.digest': base.digest, 'org.opencontainers.image.base.name': base.reference } }),
  };
}

function runConfig(base: ImageRunConfig, inspection: Inspection, launch: Launch): ImageRunConfig {
  return {
    User: base.User === undefined || base.User === '' ? user : base.User,
    ...(base.Env === undefined ? {} : { Env: base.Env }),
    Entrypoint: ['java'],
    Cmd: launch.command,
    WorkingDir: '/app',
    Labels: {
      ...base.Labels,
      ...(inspection.camelVersion === undefined ? {} : { 'io.cameleer.camel-version': inspection.camelVersion }),
      'io.cameleer.jar-sha256': launch.jarSha256,
      'io.cameleer.launch': inspection.launch,
      'io.cameleer.runtime': inspection.kind,
    },
  };
}

/** None when the base has none: entries must match layers. */
function historyOf({ base, agent, layers }: ImageParts): ImageConfig['history'] {
  if (base !== undefined && base.config.history === undefined) return undefined;
  return [
    ...(base?.config.history ?? []),
    ...diffIds(agent).map(() => ({ created_by: 'cameleer', comment: 'agent' })),
    ...layers.map((layer) => ({ created_by: 'cameleer', comment: layer.name })),
  ];
}

function diffIds(image: BaseImage | undefined): readonly string[] {
  return image?.config.rootfs.diff_ids ?? [];
}

function plain({ mediaType, digest, size }: Descriptor): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size };
}
