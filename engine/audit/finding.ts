/** `error`: what the repository says is not so. `warning`: it can not be told, or is unusual. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** Each thing that a verification can find: how bad it is, and what it means. */
const findingCodes = {
  shallow: ['error', 'The clone lacks a part of the history. Run git fetch --unshallow, or clone again without --depth.'],
  object_missing: ['error', 'An object is missing or damaged. Run git fsck, and clone again without --filter.'],
  no_main: ['error', 'There is no branch main.'],
  parent_differs: ['error', 'The repository shows another parent than the commit names: a graft or its commit-graph hides history. Clone again through a server.'],
  signature_invalid: ['error', 'The signature is not of these bytes: the commit was changed after it was signed.'],
  unknown_key: ['error', 'The commit says that the platform made it, and is signed by a key that was not trusted then.'],
  key_retired: ['error', 'Signed with a key after the trust list had dropped it.'],
  platform_forged: ['error', 'The commit says that the platform made it, and nobody signed it.'],
  actor_mismatch: ['error', 'The author is not the actor that the trailer names.'],
  trust_unsigned: ['error', 'The list of trusted keys in platform.yaml was changed by a commit that no trusted key signed; the change does not count.'],
  cell_unsigned: ['error', 'A commit of a cell carries no signature of the platform.'],
  cell_differs: ['error', 'The commit of a cell is not what its source renders to.'],
  cell_altered: ['error', 'Author, dates or message of a cell’s commit are not those that its source leads to.'],
  cell_missing: ['error', 'Platform.yaml’s cell has no branch, and something to show.'],
  source_unknown: ['error', 'A cell was rendered from a commit that is not on main: main was rewound or rewritten.'],
  source_order: ['error', 'The cell goes back to an older commit of main.'],
  quarantine_unknown: ['error', 'The last good commit that a quarantine names is not on main before its source.'],
  quarantines_differ: ['error', 'Cells that were rendered from one commit disagree about what was quarantined.'],
  main_rewound: ['error', 'Main no longer contains the head that an earlier verification saw.'],
  cell_rewound: ['error', 'A cell no longer contains the head that an earlier verification saw.'],
  plan_differs: ['error', 'The plan that was agreed to is not what the commit does.'],
  plan_missing: ['error', 'Somebody agreed, and the commit does not say to which plan.'],
  approval_missing: ['error', 'A change that the policies of its environment ask approval for carries fewer approvals than they ask.'],
  approved_own: ['error', 'The author approved their own change.'],
  approver_unentitled: ['error', 'The approver had no right to approve there, by the state before the change.'],
  cell_behind: ['warning', 'The cell does not show the newest commits yet. Fetch again; if it stays behind, nothing renders it.'],
  not_checkable: ['warning', 'Rendered by another version of synth than this one, and so unproved: signatures were checked, the content was not. Verify with the version of this program that has it.'],
  plan_not_checkable: ['warning', 'No cell shows that this version of synth made the plan, and so it is unproved: approvers were checked, the plan was not.'],
  trailers_borrowed: ['warning', 'The commit carries the platform’s trailers, but was committed by somebody else.'],
  merged_elsewhere: ['warning', 'A change request came to main as it was proposed: the Git host or a push put it there, and the platform asked nobody to approve it.'],
  key_rotated: ['note', 'A trusted key changed the list of trusted keys.'],
  signed_elsewhere: ['note', 'Signed, by a key that is not the platform’s.'],
  cell_skipped: ['note', 'The cell shows this commit together with a later one.'],
} as const satisfies Readonly<Record<string, readonly [Severity, string]>>;

export type FindingCode = keyof typeof findingCodes;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Which ref it is about: `main`, `cells/<cell>`. */
  readonly ref: string;
  readonly commit?: string;
  /** What it means, and the particulars. */
  readonly message: string;
}

export function finding(code: FindingCode, at: { readonly ref: string; readonly commit?: string | undefined }, particulars = ''): Finding {
  const [severity, meaning] = findingCodes[code];
  return { code, severity, ref: at.ref, ...(at.commit === undefined ? {} : { commit: at.commit }), message: particulars === '' ? meaning : `${meaning} ${particulars}` };
}
