import { stringify } from 'yaml';
import { encryptSecret } from './encrypt-secret.ts';
import { generateAgeKey } from './generate-age-key.ts';
import { seal } from './seal.ts';

export interface EnvironmentKeyOptions {
  readonly tenant: string;
  readonly environment: string;
  /** The environment's cell and that cell's recipient, to which the private half is encrypted for Flux. */
  readonly cell: string;
  readonly cellRecipient: string;
  readonly breakGlassRecipient: string;
  /** The platform's key-encryption key: opens the private half for the audited "reveal". */
  readonly keyEncryptionRecipient: string;
  readonly now: Date;
}

export interface NewEnvironmentKey {
  /** The EnvironmentKey object, for `environments/<e>/key.yaml`. */
  readonly text: string;
  readonly recipient: string;
  /** Private: needed by callers that must read what they write at once; never stored in clear. */
  readonly identity: string;
}

/** A new age key for one environment; its private half stands in `text` twice, each time encrypted. */
export async function createEnvironmentKey(options: EnvironmentKeyOptions): Promise<NewEnvironmentKey> {
  const { tenant, environment, cell, cellRecipient, breakGlassRecipient, keyEncryptionRecipient, now } = options;
  const { identity, recipient } = await generateAgeKey();
  const manifest = await encryptSecret({
    name: `age-${tenant}--${environment}`,
    namespace: 'cameleer-system',
    stringData: { [`${environment}.agekey`]: identity },
    recipients: [cellRecipient],
    now,
  });
  const object = {
    apiVersion: 'cameleer.io/v1',
    kind: 'EnvironmentKey',
    metadata: { name: environment },
    spec: {
      recipients: { environment: recipient, breakGlass: breakGlassRecipient },
      cellSecret: { cell, manifest },
      sealed: await seal(identity, keyEncryptionRecipient),
    },
  };
  return { text: stringify(object, { lineWidth: 0 }), recipient, identity };
}
