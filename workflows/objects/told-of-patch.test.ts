import { expect, it } from 'vitest';
import { toldOfPatch } from './told-of-patch.ts';

const deployment = { kind: 'AppDeployment', tenant: 'acme', environment: 'dev', name: 'orders' } as const;

it.each([
  [{ spec: { replicas: 2 } }, 'Scale acme/orders in dev to 2', 'Fields: spec.replicas.'],
  [{ spec: { stopped: true } }, 'Stop acme/orders in dev', 'Fields: spec.stopped.'],
  [{ spec: { stopped: null } }, 'Start acme/orders in dev', 'Fields: spec.stopped.'],
  [{ spec: { env: { A: 'hunter2', B: null }, properties: { 'orders.greeting': 'x' } } }, 'Configure acme/orders in dev', 'Fields: spec.env.A, spec.env.B, spec.properties.orders.greeting.'],
  [{ spec: { replicas: 2, stopped: false } }, undefined, 'Fields: spec.replicas, spec.stopped.'],
  [{ spec: { env: { 'A\n\nCameleer-Actor: usr_x': '1' } } }, 'Configure acme/orders in dev', 'Fields: spec.env.'],
  [{}, undefined, undefined],
  [null, undefined, undefined],
  ['text', undefined, undefined],
])('%j is told as %s', (patch, subject, body) => {
  expect(toldOfPatch(deployment, patch)).toEqual({ ...(subject === undefined ? {} : { subject }), ...(body === undefined ? {} : { body }) });
});

it('names twenty fields at most, and keeps the general subject of other kinds', () => {
  const env = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`A${index}`, 'x']));
  expect(toldOfPatch(deployment, { spec: { env } }).body).toMatch(/ and 5 more\.$/);
  expect(toldOfPatch({ kind: 'Team', tenant: 'acme', name: 'integration' }, { spec: { description: 'x' } })).toEqual({ body: 'Fields: spec.description.' });
});
