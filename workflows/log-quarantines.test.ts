import { expect, it } from 'vitest';
import type { Head, Quarantine } from '../engine/index.ts';
import { logQuarantines } from './log-quarantines.ts';

const problem = { path: 'tenants/gl/globex/settings.yaml', line: 2, column: 5, pointer: '', code: 'yaml_syntax', severity: 'error', message: 'No.' } as const;
const globex: Quarantine = { tenant: 'globex', commit: 'a'.repeat(40), problems: [problem] };
const platform: Quarantine = { tenant: 'platform.yaml', commit: 'b'.repeat(40), problems: [{ ...problem, path: 'tiers/mid.yaml' }] };

it('warns with the place when a quarantine begins or changes, says when it ends, and nothing in between', () => {
  const lines: string[] = [];
  const write = (level: string) => (_details: object, message: string) => lines.push(`${level} ${message}`);
  let quarantines: readonly Quarantine[] = [globex];
  let listener: (head: Head) => void = () => {};
  const head = (): Head => ({ commit: 'c', cells: new Map(), quarantines: new Map(quarantines.map((each) => [each.tenant, each])) });
  const engine = { head, onChange: (listen: typeof listener) => { listener = listen; return () => {}; } };
  logQuarantines({ engine, logger: { info: write('info'), warn: write('warn'), error: write('error') } });
  const move = (now: readonly Quarantine[]) => {
    quarantines = now;
    listener(head());
    return lines.splice(0);
  };
  expect(lines.splice(0)).toEqual([expect.stringMatching(/^warn Tenant globex .*tenants\/gl\/globex\/settings\.yaml:2:5: yaml_syntax/)]);
  expect(move([globex])).toEqual([]);
  expect(move([globex, platform])).toEqual([expect.stringMatching(/^warn The platform.*tiers\/mid\.yaml:2:5/)]);
  expect(move([{ ...globex, problems: [{ ...problem, line: 3 }] }, platform])).toEqual([expect.stringContaining('settings.yaml:3:5')]);
  expect(move([])).toEqual(['info globex is no longer quarantined', 'info platform.yaml is no longer quarantined']);
});
