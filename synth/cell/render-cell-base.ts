import type { PlatformState } from '../../schemas/index.ts';
import { SynthError } from '../errors.ts';
import { FileCollector } from '../files.ts';
import type { RenderedFiles } from '../types.ts';
import { platformAccess } from './access.ts';
import { admissionPolicies } from './admission.ts';
import { chartFiles } from './charts.ts';
import { cellSource } from './source.ts';

/**
 * What a cell's tree holds besides its tenants: `flux/` (source, access, admission policies) and `charts/`. What applies
 * `flux/` itself is no part of it: an operator's bootstrap on Kubernetes, the control plane on the local runner.
 * @throws {SynthError} `unresolved` when there is no such cell.
 */
export function renderCellBase(platform: PlatformState, cellName: string): RenderedFiles {
  const cell = platform.cells.get(cellName)?.object;
  if (cell === undefined) throw new SynthError('unresolved', `There is no cell ${cellName}. Add cells/${cellName}.yaml.`);
  const files = new FileCollector();
  for (const object of [...platformAccess(), cellSource(cell), ...admissionPolicies(platform, cell)]) files.add('flux', object);
  for (const [path, text] of chartFiles()) files.copy(path, text);
  return files.files();
}
