import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGitea, type Gitea } from '../../tools/gitea.ts';
import { text } from './plan-markdown.ts';

let directory: string;
let gitea: Gitea;
let token: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cameleer-markdown-'));
  gitea = await startGitea(directory);
  token = await gitea.user('owner');
  for (const [path, body] of [['/user/repos', { name: 'state', auto_init: true }], ['/repos/owner/state/issues', { title: 'One' }]] as const) {
    const made = await fetch(`${gitea.url}/api/v1${path}`, { method: 'POST', headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect(made.status).toBe(201);
  }
});
afterAll(async () => {
  await gitea.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The page that Gitea makes of a comment. */
async function rendered(markdown: string): Promise<string> {
  const response = await fetch(`${gitea.url}/api/v1/markdown`, {
    method: 'POST', headers: { authorization: `token ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ Text: markdown, Mode: 'comment', Context: 'owner/state', Wiki: false }),
  });
  return response.text();
}

test('nothing in somebody’s text becomes a link, a mention or an image, as a real Gitea shows it', async () => {
  const hostile = ['https://evil.example/a', 'www.evil.example', 'ops@evil.example', '@owner', '#1', 'owner/state#1', '!1', '![x](http://evil.example/x.png)', '[x](http://evil.example)', '<img src=x>', '<https://evil.example>'];
  for (const one of hostile) {
    const page = await rendered(`- ${text(one)} and more`);
    expect(page, one).not.toMatch(/<a |<img/);
    expect(page, one).toContain('and more');
  }
  // It does make them of what is not parted.
  expect(await rendered('- https://evil.example/a')).toContain('<a ');
  expect(await rendered('- &#64;owner and &#35;1')).toContain('<a ');
});
