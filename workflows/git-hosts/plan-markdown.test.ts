import { expect, test } from 'vitest';
import type { Plan } from '../../engine/index.ts';
import { planMarker, renderPlanMarkdown, verdictOf } from './plan-markdown.ts';

const none = { added: 0, modified: 0, deleted: 0 };
const plan: Plan = {
  base: 'a'.repeat(40),
  head: 'b'.repeat(40),
  summary: { tenants: 1, namespaces: 1, objects: { ...none, modified: 1 }, rendered: { ...none, modified: 1 }, workloads: { created: 0, restarted: 1, scaled: 0, deleted: 0 }, data: 1, risks: { data_at_risk: 1 }, errors: 0, largest: [] },
  cost: { before: { cores: 1, memoryGiB: 2 }, after: { cores: 2, memoryGiB: 4 }, perMonth: [{ currency: 'EUR', before: 10, after: 20.5 }], unknown: [] },
  objects: [{ ref: undefined, path: 'tenants/ac/acme/environments/dev/apps/orders.yaml', change: 'modified', fields: [{ pointer: '/spec/release', before: 'v1', after: 'v2' }] }],
  rendered: [{ cell: 'local', path: 'tenants/ac/acme/dev/x.yaml', change: 'modified', objects: ['apps/v1/Deployment t-acme--dev/orders'] }],
  blastRadius: { tenants: ['acme'], namespaces: ['t-acme--dev'], restarted: ['t-acme--dev/orders'], scaled: [], created: [], deleted: [], data: [{ tenant: 'acme', object: 'v1/Namespace t-acme', effect: 'not_moved', data: 'observability data of acme' }] },
  risks: [{ code: 'data_at_risk', subject: 'x', message: 'Data of acme stays behind.' }],
  problems: [],
  hash: 'abc123'.repeat(10),
};

test('what a reviewer must see stands open, the rest folds', () => {
  expect(renderPlanMarkdown(plan)).toMatchInlineSnapshot(`
    "<!-- cameleer:plan -->
    ### Plan

    ✅ 1 tenant, workloads: 1 restarted, plan abc123abc123

    **Data at risk**

    - **not moved** observability data of acme (\`v1/Namespace t-acme\`)

    **Risks**

    - \`data_at_risk\` Data of acme stays behind.

    | Blast radius | |
    |---|---|
    | tenants | \`acme\` |
    | namespaces | \`t-acme--dev\` |
    | restarted | \`t-acme--dev/orders\` |

    | Cost a month | before | after |
    |---|---|---|
    | EUR | 10.00 | 20.50 |
    | cores | 1 | 2 |
    | memory | 2 GiB | 4 GiB |

    <details>
    <summary>Changes &#40;1 modified&#41;</summary>

    \`\`\`text
    ~ tenants/ac/acme/environments/dev/apps/orders.yaml
        /spec/release  v1 → v2
    \`\`\`

    </details>

    <details>
    <summary>Rendered &#40;1 modified&#41;</summary>

    \`\`\`text
    ~ local: apps/v1/Deployment t-acme--dev/orders
    \`\`\`

    </details>

    Plan \`abc123abc123abc123abc123abc123abc123abc123abc123abc123abc123\` from \`aaaaaaaaaaaa\` to \`bbbbbbbbbbbb\`
    "
  `);
});

test('errors come first and decide', () => {
  const wrong: Plan = { ...plan, summary: { ...plan.summary, errors: 1 }, problems: [{ path: 'a.yaml', line: 3, column: 5, pointer: '/x', severity: 'error', code: 'unknown_field', message: 'Write replicas.' }] };
  expect(verdictOf(wrong)).toEqual({ good: false, line: '1 error to correct' });
  expect(renderPlanMarkdown(wrong)).toContain('**Errors**\n\n- `a.yaml:3:5` `unknown_field` Write replicas.');
});

test('text of tenants can\'t become markup, a mention, or the end of a block', () => {
  const hostile = '@owner ![x](http://evil.example/x.png) <script> ```\n</details> | `';
  const fields = [{ pointer: '/spec/env/A', before: '', after: hostile }];
  const text = renderPlanMarkdown({ ...plan, objects: [{ ...plan.objects[0]!, fields }], risks: [{ code: 'x', subject: 'x', message: hostile }] });
  const [open = ''] = text.split('<details>');
  expect(open).not.toMatch(/@owner|!\[x\]|<script>/);
  expect(text).toContain('````text');
  expect(text.match(/^<\/details>$/gm)).toHaveLength(2);
});

test('a bare address in the text of tenants is no link', () => {
  const text = renderPlanMarkdown({ ...plan, risks: [{ code: 'x', subject: 'x', message: 'See https://evil.example/a, HTTP://evil.example, www.evil.example, ops@evil.example, @owner, #1, ABC-12.' }] });
  expect(text).not.toMatch(/:\/\/|www\.|@\w|ops&#64;evil|&#64;owner|&#35;1|ABC&#45;12/i);
});

test('what nothing enforces yet is told once for each sentence, after the risks of the change', () => {
  const notices = [1, 2, 3].map((release) => ({ code: 'not_enforced_yet', subject: `v${release}`, message: `tenants/ac/acme/apps/orders/releases/v${release}.yaml:9: No SBOM is made yet.` }));
  const other = { code: 'not_enforced_yet', subject: 'x', message: 'tenants/ac/acme/settings.yaml:4: Notifications are not sent yet.' };
  const [, risks = ''] = /\*\*Risks\*\*\n\n((?:- .*\n)+)/.exec(renderPlanMarkdown({ ...plan, risks: [...notices, other, ...plan.risks] })) ?? [];
  expect(risks.trim().split('\n')).toEqual([
    '- `data_at_risk` Data of acme stays behind.', '- `not_enforced_yet` No SBOM is made yet. &#40;3 times&#41;', expect.stringContaining('settings.yaml:4: Notifications are not sent yet.'),
  ]);
});

test('a plan of any size fits a comment, with its marker, verdict and hash', () => {
  const objects = Array.from({ length: 3000 }, (_, index) => ({ ...plan.objects[0]!, path: `tenants/ac/acme/environments/dev/apps/a${index}.yaml` }));
  const text = renderPlanMarkdown({ ...plan, objects });
  expect(text.length).toBeLessThan(65_536);
  expect(text.startsWith(`${planMarker}\n`)).toBe(true);
  expect(text).toContain(plan.hash);
  expect(text).toContain('Data of acme stays behind');
});
