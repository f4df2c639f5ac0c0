import { expect, test } from 'vitest';
import { pageEnd, pageHead, pageRow, startTotals } from './audit-page.ts';

const evil = '</title><script>alert(1)</script><img src=x onerror=alert(1)>"\'\u202e\u0007';
const record = {
  commit: 'c'.repeat(40), parents: [], author: evil, authorName: evil, approverNames: { [evil]: evil }, time: '2026-11-20T12:00:00Z', at: '2026-11-20T12:00:00Z', subject: evil, signature: 'none', verdict: 'quarantined',
  paths: [evil], quarantines: [{ tenant: evil, commit: '0'.repeat(40) }], rendered: [{ cell: evil, commit: 'd'.repeat(40) }],
  trailers: { 'Cameleer-Door': [evil], 'Cameleer-Action': [evil], 'Approved-By': [evil], 'Change-Request': [evil], 'Plan-Hash': [evil] },
} as const;

test('whatever the repository holds is text on the page, which has no script and loads nothing', () => {
  const totals = startTotals();
  const page = pageHead({ from: evil, to: evil, tenant: evil, made: evil, names: true }) + pageRow(record, totals) + pageRow({ ...record, signature: 'platform', at: '2026-11-19T00:00:00Z' }, totals) + pageEnd(totals);
  expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>|\u202e/);
  expect(page).not.toContain(String.fromCodePoint(7));
  expect(page).not.toMatch(/<[^>]*\b(?:src|href)=|url\(|@import/);
  expect(page.match(/class="day"/g)).toHaveLength(2);
  expect(totals).toMatchObject({ commits: 2, signed: 1, notSigned: 1, quarantined: 2, approved: 2 });
});
