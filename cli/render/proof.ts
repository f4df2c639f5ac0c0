import type { ProofAnswer, ProofLink } from '../client/answers.ts';
import type { Palette } from './palette.ts';
import { clean, table } from './table.ts';
import { ago } from './time.ts';

/** Every link in order with its state; never says `ok` of what was not checked. */
export function renderProof(proof: ProofAnswer, palette: Palette, now: Date): string {
  const rows = proof.links.map((link) => [`  ${link.name}`, paint(link, palette), detail(link, now)]);
  const title = palette.bold(`Proof of ${proof.tenant === undefined ? '' : `${proof.tenant}/`}${proof.application} in ${proof.environment}`);
  const missing = proof.links.filter((link) => link.state === 'missing').map((link) => link.name);
  const verdict = proof.live ? palette.green('live: every link that is built holds') : palette.red(`not live: ${missing.length === 0 ? 'see above' : `missing ${missing.join(', ')}`}`);
  const held = (proof.notices ?? []).filter(({ code }) => code === 'held').map(({ message }) => palette.yellow(clean(message)));
  return [title, table(['  LINK', 'STATE', 'EVIDENCE'], rows), verdict, ...held].join('\n');
}

function paint(link: ProofLink, palette: Palette): string {
  if (link.state === 'ok') return palette.green('ok');
  return link.state === 'absent' ? palette.yellow('absent') : palette.red('MISSING');
}

function detail(link: ProofLink, now: Date): string {
  if (link.state === 'absent') return `absent: ${clean(link.message ?? 'step not built')}`;
  const since = link.since === undefined || link.state === 'ok' ? undefined : `since ${ago(link.since, now)}`;
  return [link.value, link.message, since].flatMap((part) => (part === undefined || part === '' ? [] : [clean(part)])).join('; ');
}
