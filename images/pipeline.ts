export interface PipelineStep {
  readonly name: string;
  /** `not built`: a proof shows it as absent, never as passed. */
  readonly state: 'built' | 'not built';
  readonly does: string;
}

/** The way of a JAR into a signed release, in order. */
export const pipeline: readonly PipelineStep[] = [
  { name: 'upload', state: 'built', does: 'streams the JAR into a file, hashes it, holds it to the tier\'s size (spoolUpload)' },
  { name: 'inspect', state: 'built', does: 'checks the structure, recognises runtime, Camel version, components, routes (inspectJar)' },
  { name: 'scan', state: 'not built', does: 'looks for known vulnerabilities' },
  { name: 'secrets', state: 'not built', does: 'looks for credentials in the unpacked JAR' },
  { name: 'image', state: 'built', does: 'makes deterministic layers and stores the image (buildImage)' },
  { name: 'sbom', state: 'not built', does: 'lists what is inside, attached to the image' },
  { name: 'image signature', state: 'not built', does: 'signs the image\'s digest so that a cluster can refuse others' },
  { name: 'push', state: 'not built', does: 'copies the image into the cell\'s registry' },
  { name: 'release signature', state: 'built', does: 'signs the Release with the builder\'s key (signRelease)' },
];
