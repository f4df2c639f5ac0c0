import { problemAt, type PlatformRule } from '../rule.ts';

/** Each cell has a key of its own, apart from the platform's: a stolen one must open one cell only. */
export const recipientsDistinct: PlatformRule = {
  codes: ['recipient_reused'],
  * check({ platform, cells }) {
    const seen = new Map<string, string>();
    if (platform !== undefined) seen.set(platform.object.spec.trust.keyEncryption, 'platform.yaml');
    for (const cell of cells.values()) {
      const { recipient } = cell.object.spec;
      const other = seen.get(recipient);
      if (other !== undefined) yield problemAt(cell, '/spec/recipient', 'recipient_reused', `${other} has the same recipient. Give the cell a key of its own.`);
      else seen.set(recipient, cell.path);
    }
  },
};
