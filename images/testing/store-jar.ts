import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, type BuildRequest, type BuiltImage } from '../build-image.ts';
import { inspectJar } from '../inspect/inspect-jar.ts';

/** Writes the JAR and builds its image. */
export async function storeJar(directory: string, jar: Buffer, request: Pick<BuildRequest, 'registry'> & Partial<BuildRequest>): Promise<BuiltImage> {
  const jarPath = join(directory, `${randomUUID()}.jar`);
  await writeFile(jarPath, jar);
  const sha256 = createHash('sha256').update(jar).digest('hex');
  return buildImage({ repository: 'acme/orders', jarPath, jar: { sha256, size: jar.length }, inspection: await inspectJar(jarPath), ...request });
}
