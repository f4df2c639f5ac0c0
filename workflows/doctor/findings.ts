import type { RepositoryFault } from '../../engine/index.ts';

export type FindingCode =
  | RepositoryFault['code']
  | 'git_too_old' | 'disk_nearly_full' | 'folder_flush_unsupported' | 'key_readable' | 'key_missing' | 'key_not_known' | 'not_writable' | 'repository_missing'
  | 'repository_unreadable' | 'ledger_missing' | 'ledger_not_checked' | 'ledger_unreadable' | 'audit_broken' | 'audit_unfinished' | 'main_behind_ledger';

interface Explanation {
  /** `error`: something is lost or will fail; `notice`: it is mended by itself, or may be meant so. */
  readonly severity: 'error' | 'notice';
  readonly means: string;
  readonly todo: string;
}

const restart = 'Nothing: the next start, or the running control plane, mends it.';
const fromElsewhere = 'Get the objects from a clone (`git -C state.git fetch CLONE`) or restore a backup, then run cameleer doctor again.';

/** Every state that the doctor knows. */
export const explanations: Readonly<Record<FindingCode, Explanation>> = {
  git_too_old: { severity: 'error', means: 'The git of this machine is older than 2.39; upkeep and durable writes need what that version can.', todo: 'Install git 2.39 or newer.' },
  disk_nearly_full: { severity: 'error', means: 'The disk of the data directory has less than 5 % or 1 GiB left; writes will be refused with disk_full.', todo: 'Free space, or enlarge the disk.' },
  folder_flush_unsupported: { severity: 'error', means: 'The file system does not flush folders, so an acknowledged write may be gone after a power failure.', todo: 'Put the data directory on a local file system such as ext4, XFS or Btrfs.' },
  key_readable: { severity: 'error', means: 'Others than its owner may read or write a private key.', todo: 'Set its mode to 600; if others used this machine, make new keys.' },
  key_missing: { severity: 'error', means: 'The folder of keys lacks a key; a start would make a new one, which nobody knows: what was encrypted to the old one stays closed, and what the new one signs is not believed.', todo: 'Put keys/ of the backup back before the next start.' },
  key_not_known: { severity: 'error', means: 'A private key is not the one whose public half main names: platform.yaml, or a cell.', todo: 'Put the key of the backup back. For the signing key: docs/audit.md says how one follows another.' },
  not_writable: { severity: 'error', means: 'It can not be written: this user may not (EACCES, EPERM), the file system only reads (EROFS), or the disk fails (EIO). Reads go on; writes are refused with not_writable.', todo: 'Run as the user of the control plane, or correct the owner; for the others, look at the kernel’s log (dmesg), check the file system and mount it writable. A running control plane goes on by itself.' },
  repository_missing: { severity: 'error', means: 'There is no state repository.', todo: 'Restore a backup: cameleer backup restore.' },
  repository_unreadable: { severity: 'error', means: 'git does not take the folder for a repository, so nothing more of it was looked at.', todo: 'Look at what `git -C state.git rev-parse --git-dir` says, correct config or HEAD there (`bare = true`, `ref: refs/heads/main`), then run cameleer doctor again.' },
  ledger_missing: { severity: 'error', means: 'There is no ledger: no people, tokens, approvals and audit. A start makes an empty one.', todo: 'If it is a PostgreSQL server: set CAMELEER_DATABASE_URL as it is for the control plane. Else restore a backup.' },
  main_missing: { severity: 'error', means: 'The branch main is gone.', todo: 'Restore a backup, or set it to the last commit that the ledger calls done: git -C state.git update-ref refs/heads/main COMMIT.' },
  ref_damaged: { severity: 'error', means: 'A branch holds no commit id: its file was damaged, or lost by a disk that does not flush.', todo: 'For main: set it to the last commit that the ledger calls done (git -C state.git update-ref). For a cell: delete the file; the next start renders it.' },
  object_damaged: { severity: 'error', means: 'A pack or a loose object is not what its name says: the disk damaged it, or lost part of it.', todo: `With --repair it is set aside when nothing needs it. Else: ${fromElsewhere}` },
  object_missing: { severity: 'error', means: 'A branch leads to an object that is not there.', todo: `With --repair it is put back when the last collection set it aside. Else: ${fromElsewhere}` },
  lock_left: { severity: 'notice', means: 'A killed git left a lock; writes to that ref fail until it is removed, which the writer does once it is a minute old.', todo: 'Run cameleer doctor --repair, or wait for the next write.' },
  files_left: { severity: 'notice', means: 'Killed processes left temporary files.', todo: 'Run cameleer doctor --repair, or wait for the next upkeep.' },
  commit_graph_wrong: { severity: 'error', means: 'The commit-graph does not say what the commits say; histories may be wrong or fail.', todo: 'Run cameleer doctor --repair: it is removed, and the next upkeep makes it again.' },
  checkpoint_wrong: { severity: 'notice', means: 'The hint where a start may begin is unreadable, or names what is not there.', todo: 'Run cameleer doctor --repair: it is removed, and the next start looks at more.' },
  main_set_back: { severity: 'error', means: 'main stands before a commit that this control plane had answered for: somebody set it back, or a disk lost the update.', todo: 'If nobody meant it: git -C state.git update-ref refs/heads/main COMMIT, with the commit named here. If it was meant: start the control plane, which keeps what was taken off.' },
  main_rewritten: { severity: 'notice', means: 'History was rewritten; what was taken off main is kept under refs/cameleer/rewritten.', todo: 'Nothing if it was meant; else compare both and set main back.' },
  main_unreadable: { severity: 'error', means: 'The commit that main names, or the list of files that it has above the tenants, is too large to be read. What was in force before it stays so, and every write is refused.', todo: 'Put a sound commit on top of it, or set main back to the last one that can be read: git -C state.git update-ref refs/heads/main COMMIT.' },
  main_behind_ledger: { severity: 'error', means: 'The ledger calls a change done whose commit is not on main.', todo: 'If main was set back or restored from an older backup than the ledger: set it to the newest of these commits, or restore a pair. Never ignore it: those changes were acknowledged.' },
  cell_behind: { severity: 'notice', means: 'A cell shows an earlier commit of main, as after a kill between the two.', todo: restart },
  cell_ahead: { severity: 'error', means: 'A cell was rendered from a commit that is not on main: main was set back or rewritten.', todo: 'See main_set_back or main_behind_ledger first. The next start renders the cell from main as it is.' },
  cell_differs: { severity: 'error', means: 'A cell says it is the rendering of a commit, and rendering that gives something else.', todo: 'Run cameleer doctor --repair, which sets the branch back to its last sound commit, then start the control plane, which renders the rest.' },
  cell_foreign: { severity: 'error', means: 'The branch of a cell leads to a commit that the platform did not sign.', todo: 'The next start replaces it. Find out who moved it.' },
  cell_missing: { severity: 'notice', means: 'A cell of platform.yaml’s state has no branch yet.', todo: restart },
  commit_unsigned: { severity: 'notice', means: 'A commit on main was pushed past the API.', todo: 'Nothing if an operator pushed it; cameleer history shows who.' },
  signature_invalid: { severity: 'error', means: 'A commit on main carries a signature that does not hold.', todo: 'Treat it as tampering: cameleer audit verify on a clone says what it changed; revert it.' },
  ledger_not_checked: { severity: 'notice', means: 'A running control plane has the embedded ledger, so it was not read.', todo: 'Stop the control plane and run cameleer doctor again, for the whole picture.' },
  ledger_unreadable: { severity: 'error', means: 'The ledger can not be opened.', todo: 'Correct what the detail says; else restore a backup.' },
  audit_broken: { severity: 'error', means: 'An audit chain does not hold from an event on: it was changed behind the triggers, or rows were lost.', todo: 'Keep the database as evidence, and restore a pair from before.' },
  audit_unfinished: { severity: 'notice', means: 'A change was intended and neither done nor failed, as after a kill.', todo: restart },
};
