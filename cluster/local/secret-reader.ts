import { decryptSecret } from '../../secrets/index.ts';
import type { CellObject } from './assemble-cell.ts';
import { PodStartError } from './pod-start-error.ts';

export interface SecretReaderOptions {
  readonly cell: string;
  /** The cell's own age identities. */
  readonly identities: (cell: string) => Promise<readonly string[]>;
  /** A Secret of the cell's tree. */
  readonly find: (namespace: string, name: string) => CellObject | undefined;
}

/** Opens the SOPS Secrets of one cell for its pods. Nothing opened is kept. */
export class SecretReader {
  readonly #options: SecretReaderOptions;

  constructor(options: SecretReaderOptions) {
    this.#options = options;
  }

  /** Values of a Secret; undefined when there is none. Throws PodStartError `CreateContainerConfigError`. */
  async read(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const secret = this.#options.find(namespace, name);
    if (secret === undefined) return undefined;
    if (secret.object['sops'] === undefined) return plainValues(secret);
    try {
      return await decryptSecret(secret.file.text ?? '', await this.#identitiesFor(secret));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new PodStartError('CreateContainerConfigError', `The Secret \`${name}\` can't be decrypted: ${detail}`, { cause: error });
    }
  }

  /** As Flux does it: the key that the applying Kustomization names, which itself is opened with the cell's key. */
  async #identitiesFor(secret: CellObject): Promise<string[]> {
    const cellIdentities = [...await this.#options.identities(this.#options.cell)];
    const reference = secret.owner?.spec.decryption?.secretRef?.name;
    const key = reference === undefined ? undefined : this.#options.find(secret.owner?.metadata.namespace ?? '', reference);
    if (key === undefined || key === secret) return cellIdentities;
    const values = await decryptSecret(key.file.text ?? '', cellIdentities);
    return Object.entries(values).filter(([entry]) => entry.endsWith('.agekey')).flatMap(([, text]) => identitiesIn(text));
  }
}

/** An age key file may hold comments and several identities. */
function identitiesIn(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('AGE-SECRET-KEY-'));
}

function plainValues(secret: CellObject): Record<string, string> {
  const { data = {}, stringData = {} } = secret.object as { data?: Record<string, string>; stringData?: Record<string, string> };
  const decoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  return { ...decoded, ...stringData };
}
