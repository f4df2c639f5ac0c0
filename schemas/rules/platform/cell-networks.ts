import { isIP } from 'node:net';
import type { Problem } from '../../problem.ts';
import type { Loaded } from '../../state.ts';
import { problemAt, type PlatformRule } from '../rule.ts';

/** IPv4 written as IPv6: some enforcers take it for the one family, some for the other, so it would be excluded in neither. */
const mapped = /^(?:::|(?:0{1,4}:){5})ffff:/i;

/** Ranges and addresses of a cell can be read: the isolation of all tenants is computed from them. */
export const cellNetworks: PlatformRule = {
  codes: ['cell_range_invalid', 'cell_address_invalid'],
  * check({ cells }) {
    for (const cell of cells.values()) {
      for (const [kind, ranges] of Object.entries(cell.object.spec.networks)) {
        for (const [index, range] of ranges.entries()) yield* checkRange(cell, range, `/spec/networks/${kind}/${index}`);
      }
      for (const [index, database] of (cell.object.spec.databases ?? []).entries()) yield* checkRange(cell, database.cidr, `/spec/databases/${index}/cidr`);
      for (const [index, address] of (cell.object.spec.dns.nodeLocal ?? []).entries()) {
        if (isIP(address) === 0 || mapped.test(address)) yield problemAt(cell, `/spec/dns/nodeLocal/${index}`, 'cell_address_invalid', `\`${address}\` is no IP address. Write one such as 169.254.20.10.`);
      }
    }
  },
};

function* checkRange(cell: Loaded<'Cell'>, range: string, pointer: string): Iterable<Problem> {
  const [address = '', length = ''] = range.split('/');
  const family = isIP(address);
  if (family !== 0 && Number(length) <= (family === 4 ? 32 : 128) && !mapped.test(address)) return;
  yield problemAt(cell, pointer, 'cell_range_invalid', `\`${range}\` is no IP range. Write an address, a slash and a length, such as 10.0.0.0/16 or fd00::/48 (IPv4 as IPv4).`);
}
