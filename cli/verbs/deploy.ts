import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Transform } from 'node:stream';
import type { ReleaseAnswer, WriteAnswer } from '../client/answers.ts';
import { applicationPath, deploymentPath } from '../client/paths.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit.ts';
import { uploadProgress } from '../render/progress.ts';
import type { Session } from '../session.ts';
import type { ApplicationTarget } from '../target.ts';
import { finishWrite, queryOf, type WriteOptions } from './write.ts';

export interface DeployOptions extends WriteOptions {
  readonly env: string;
  readonly jar?: string;
  readonly release?: string;
  readonly replicas?: number;
}

/** Deploys an existing release, or first uploads the JAR and deploys the release that it became. */
export async function deploy(session: Session, target: ApplicationTarget, options: DeployOptions): Promise<ExitCode> {
  if (options.jar !== undefined && options.dryRun === true) {
    throw new CliError('usage', 'An upload makes a release, so --dry-run can\'t be had with --jar.', { next: 'plan with a release that exists: --release vN' });
  }
  const release = options.jar === undefined ? options.release : await uploadJar(session, target, { ...options, jar: options.jar });
  if (release === undefined) {
    throw new CliError('usage', 'What should be deployed?', { next: 'give --jar FILE to upload one, or --release vN for one that exists (`cameleer get TENANT/APP --releases`)' });
  }
  const client = await session.client();
  const { body } = await client.request<WriteAnswer>('POST', `${deploymentPath(target, options.env)}/deployments`, {
    body: { release, ...(options.replicas === undefined ? {} : { replicas: options.replicas }) },
    query: queryOf(options),
  });
  const what = `Deployed ${target.tenant}/${target.application} ${release} to ${options.env}`;
  return finishWrite(session, target, options.env, { ...options, what, release, answer: body });
}

/** Uploads with progress on stderr; the name of the release that holds these bytes, new or not. */
async function uploadJar(session: Session, target: ApplicationTarget, options: { readonly env: string; readonly jar: string; readonly release?: string }): Promise<string> {
  const { io } = session;
  const path = resolve(io.cwd, options.jar);
  const size = await sizeOf(path, options.jar);
  const progress = uploadProgress(io.stderr, `uploading ${options.jar.split('/').at(-1) ?? ''}`, size, { palette: session.palette, now: () => io.now() });
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress.advance(chunk.length);
      done(null, chunk);
    },
  });
  const file = createReadStream(path);
  file.on('error', (error) => counting.destroy(error));
  const client = await session.client();
  try {
    const { body } = await client.request<ReleaseAnswer>('POST', `${applicationPath(target)}/releases`, {
      stream: { content: file.pipe(counting), size, mediaType: 'application/java-archive' },
      query: { environment: options.env },
      headers: options.release === undefined ? {} : { 'Cameleer-Release': options.release },
    });
    progress.finish();
    const { metadata: { name }, spec } = body.release;
    io.stderr.write(`  ${body.created ? `release ${name}` : `release ${name} has these bytes already`}\n`);
    if (spec.runtime.launch === 'jar') io.stderr.write('  it can not start by class path, so it starts by -jar: add-ons such as the agent can not be switched on\n');
    return name;
  } finally {
    file.destroy();
  }
}

async function sizeOf(path: string, shown: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new CliError('file_not_readable', `${shown} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, { next: 'check the path; Maven writes JARs to target/', cause: error });
  }
  throw new CliError('file_not_readable', `${shown} is not a file.`, { next: 'name the JAR itself' });
}
