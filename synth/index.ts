export { SYNTH_VERSION } from './version.ts';
export type { Opening, RenderedFiles } from './types.ts';
export { SynthError } from './errors.ts';
export type { SynthErrorCode } from './errors.ts';
export { renderTenant } from './tenant/render-tenant.ts';
export { renderCells } from './render-cells.ts';
export { renderCellBase } from './cell/render-cell-base.ts';
export { proveTenant } from './isolation/prove-tenant.ts';
export { proveCell } from './isolation/prove-cell.ts';
