import * as v from 'valibot';
import type { DataFolder } from './data-folder.ts';
import { MAX_NAMESPACES, NAMESPACE_DAYS } from './limits.ts';
import { StartError } from './start-error.ts';

export const NAMESPACES_FILE = 'namespaces.json';

const DAY_SECONDS = 24 * 3600;

const namespacesFile = v.strictObject({
  version: v.literal(1),
  /** Hash of the token and the day (since 1970) of the last visit. */
  namespaces: v.array(
    v.strictTuple([v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), v.pipe(v.number(), v.integer())]),
  ),
});

/**
 * The namespaces the relay has met, as hashes of their tokens: under policy `code` their members
 * need no code again, also after a restart. Never tokens, names or members.
 */
export interface NamespaceList {
  has(hash: string): boolean;
  /** Notes a visit; a new one pushes out the one unused for longest when the list is full. */
  visit(hash: string, now: number): void;
  /** Writes what changed; resolves when it is on disk. Rejects with the disk's error. */
  save(): Promise<void>;
  readonly size: number;
}

/** `now` in unix seconds, for forgetting what nobody visited for NAMESPACE_DAYS. */
export async function loadNamespaceList(folder: DataFolder, now: number): Promise<NamespaceList> {
  const oldest = dayOf(now) - NAMESPACE_DAYS;
  const text = await folder.read(NAMESPACES_FILE);
  const kept = text === undefined ? [] : parse(text, folder);
  /** In order of last visit, oldest first. */
  const days = new Map(kept.filter(([, day]) => day >= oldest).toSorted(([, a], [, b]) => a - b));
  let dirty = false;
  let saving = Promise.resolve();

  async function write(): Promise<void> {
    if (!dirty) return;
    dirty = false;
    try {
      const content = { version: 1, namespaces: [...days] };
      await folder.write(NAMESPACES_FILE, `${JSON.stringify(content)}\n`);
    } catch (error) {
      dirty = true;
      throw error;
    }
  }

  return {
    has: (hash) => days.has(hash),
    visit(hash, at) {
      const day = dayOf(at);
      if (days.get(hash) === day) return;
      days.delete(hash);
      days.set(hash, day);
      const first = days.keys().next();
      if (days.size > MAX_NAMESPACES && first.done !== true) days.delete(first.value);
      dirty = true;
    },
    save() {
      // One write at a time, or two would share the temporary file.
      saving = saving.then(write, write);
      return saving;
    },
    get size() {
      return days.size;
    },
  };
}

function dayOf(seconds: number): number {
  return Math.floor(seconds / DAY_SECONDS);
}

function parse(text: string, folder: DataFolder): [string, number][] {
  try {
    return v.parse(namespacesFile, JSON.parse(text)).namespaces;
  } catch {
    throw new StartError(
      `The file ${folder.pathOf(NAMESPACES_FILE)} is damaged; put a backup in its place, ` +
        'or delete it so that circles enter anew.',
    );
  }
}
