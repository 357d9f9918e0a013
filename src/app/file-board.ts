import type { FileId } from '../domain/ids.ts';
import { deriveFile, type FileFacts, type FileState } from './derive-files.ts';
import { withFiles } from './file-order.ts';
import { isSameData } from './same-data.ts';
import type { FileView } from './view.ts';

/** The files as they are shown, kept from view to view: only what changed is derived anew. */
export interface FileBoard {
  /** This file changed, came or went. */
  touch(file: FileId): void;
  /** Something changed that counts for all. */
  touchAll(): void;
  /** Brings everything up to date; the files that were looked at. */
  update(facts: FileFacts): ReadonlySet<FileId>;
  files(): readonly FileView[];
  state(file: FileId): FileState | undefined;
}

/** `derive` once a file and change; `FileFacts` other than those of one file count for all files. */
export function createFileBoard(derive: typeof deriveFile = deriveFile): FileBoard {
  const states = new Map<FileId, FileState>();
  let touched = new Set<FileId>();
  let files: readonly FileView[] = [];
  let before: unknown;

  function update(facts: FileFacts): ReadonlySet<FileId> {
    const common = commonOf(facts);
    if (!isSameData(before, common)) {
      for (const { record } of facts.library.files()) touched.add(record.file_id);
      for (const file of states.keys()) touched.add(file);
    }
    before = common;
    const looked = touched;
    touched = new Set();
    const changed: FileView[] = [];
    const gone = new Set<FileId>();
    for (const id of looked) {
      const file = facts.library.file(id);
      const known = states.get(id);
      if (file?.manifest === undefined) {
        if (states.delete(id)) gone.add(id);
        continue;
      }
      const state = derive(facts, file);
      if (known !== undefined && isSameData(known.view, state.view)) {
        states.set(id, { ...state, view: known.view });
      } else {
        states.set(id, state);
        changed.push(state.view);
      }
    }
    files = withFiles(files, changed, gone);
    return looked;
  }

  return {
    touch: (file) => touched.add(file),
    touchAll() {
      before = undefined;
    },
    update,
    files: () => files,
    state: (file) => states.get(file),
  };
}

/** What makes all files look different when it changes. */
function commonOf(facts: FileFacts) {
  const { devices, member, self, copiesWanted, copiesPossible, hasNoTakers } = facts;
  const names = [...facts.roster.members.values()].map((one) => [one.member, one.name]);
  return { devices: [...devices], names, member, self, copiesWanted, copiesPossible, hasNoTakers };
}
