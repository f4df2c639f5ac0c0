import { describe } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { createBackupRoute } from './backups.ts';
import { createToken, listCellTokensRoute, revokeToken } from './cell-tokens.ts';
import { changeRequestRoutes } from './change-requests.ts';
import { createChange } from './changes.ts';
import { getAccessReview } from './audit-access.ts';
import { createDeployment } from './deployments.ts';
import { gitHook } from './git-hook.ts';
import { livez, readyz } from './health.ts';
import { getAuditRecords, getHistory, getPlatformHistory, getTenantAuditRecords } from './history.ts';
import { getLogs } from './logs.ts';
import { getMailmap } from './mailmap.ts';
import { objectPlaces } from './object-places.ts';
import { objectRoutes } from './objects.ts';
import { getPlan, getPlatformPlan } from './plans.ts';
import { createPerson } from './people.ts';
import { createPromotion } from './promotions.ts';
import { getProof } from './proof.ts';
import { createRelease } from './releases.ts';
import { createRestart } from './restarts.ts';
import { createPlatformRevert, createRevert } from './reverts.ts';
import { getStatus, watchStatus } from './status.ts';
import { getTenant, listTenants } from './tenants.ts';
import { whoami } from './whoami.ts';

const described: readonly Route[] = [
  livez,
  readyz,
  whoami,
  gitHook,
  listTenants,
  getTenant,
  getHistory,
  getPlatformHistory,
  getPlan,
  getPlatformPlan,
  createRelease,
  createDeployment,
  createPromotion,
  createRestart,
  createRevert,
  createPlatformRevert,
  createChange,
  ...changeRequestRoutes,
  getStatus,
  watchStatus,
  getProof,
  getLogs,
  getMailmap,
  createBackupRoute,
  getAccessReview,
  createPerson,
  getAuditRecords,
  getTenantAuditRecords,
  createToken,
  listCellTokensRoute,
  revokeToken,
  ...objectPlaces.flatMap(objectRoutes),
];

const openapi: Route = {
  method: 'get', path: '/api/openapi.json', operation: 'describe', summary: 'This description.', access: 'public', responses: { 200: { type: 'object' } },
  handle: () => ({ status: 200, json: describe(routes) }),
};

/** The whole HTTP surface, in the order in which paths are tried. */
export const routes: readonly Route[] = [...described, openapi];
