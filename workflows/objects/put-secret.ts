import type { ObjectRef } from '../../schemas/index.ts';
import { encryptSecret } from '../../secrets/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { findEnvironment, findTenant } from '../find.ts';
import type { Outcome, WriteOptions } from '../write.ts';
import { putObject } from './put.ts';

export interface PutSecret extends WriteOptions {
  readonly tenant: string;
  readonly environment: string;
  readonly name: string;
  readonly etag: string | null;
  /** Entry → value in clear; encrypted here, to the environment's key, and kept nowhere else. */
  readonly stringData: Readonly<Record<string, string>>;
}

/** Writes a Secret from its values in clear. Errors: `no_environment_key`, those of the encryption and of the write. */
export async function putSecret(stores: Stores, caller: Caller, request: PutSecret): Promise<Outcome> {
  const { tenant, environment, name, etag, stringData, ...options } = request;
  const recipients = findEnvironment(await findTenant(stores, tenant), environment).key?.object.spec.recipients;
  if (recipients === undefined) throw new WorkflowError('no_environment_key', `Environment ${environment} has no key to encrypt to. An operator restores its key.yaml.`);
  const text = await encryptSecret({ name, namespace: `t-${tenant}--${environment}`, stringData, recipients: [recipients.environment, recipients.breakGlass], now: stores.now() });
  const ref: ObjectRef<'Secret'> = { kind: 'Secret', tenant, environment, name };
  return putObject(stores, caller, { ref, etag, content: { text }, ...options });
}
