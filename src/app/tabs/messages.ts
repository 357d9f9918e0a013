import * as v from 'valibot';
import { MAX_FOLDER_DEPTH } from '../../domain/limits.ts';
import type { FileSource } from '../../ports/file-sink.ts';
import type { AppView, Commands } from '../view.ts';
import { isView, isViewPatch } from './read-view.ts';
import type { ViewPatch } from './view-patch.ts';

/** One more whenever a message or the view changes its meaning: tabs of two versions may be open. */
export const TABS_VERSION = 3;

const MAX_TEXT = 16 * 1024;
const MAX_NODES = 100_000;
const MAX_DEPTH = 6;
export const MAX_FILES_PER_ASK = 200;
export const MAX_IDS_PER_POLL = 256;

/** Commands that go to the leader as they are: plain arguments in, a plain answer back. */
const FORWARDED = [
  'createCircle',
  'setRelayCode',
  'join',
  'cancelJoin',
  'invite',
  'revokeInvite',
  'cancel',
  'pause',
  'resume',
  'pauseAll',
  'resumeAll',
  'cancelAll',
  'retryFailed',
  'dismissFailed',
  'dismissFinished',
  'dismiss',
  'freeUp',
  'deleteFile',
  'deleteFiles',
  'setLend',
  'setCopies',
  'protectStorage',
] as const satisfies readonly (keyof Commands)[];

export type Forwarded = (typeof FORWARDED)[number];

const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{8,64}$/));
const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const shortText = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const plain = v.custom<unknown>(isPlain);

const source = v.custom<FileSource>(isFileSource);
const addAsk = v.strictObject({
  name: v.literal('addFiles'),
  /** Unix seconds when they were chosen. */
  since: uint,
  files: v.pipe(
    // A browser's file keeps nothing of ours on its way, so its folder goes beside it.
    v.array(v.strictObject({ key: uint, source, folder: v.array(shortText) })),
    v.minLength(1),
    v.maxLength(MAX_FILES_PER_ASK),
  ),
});
const ask = v.variant('name', [
  addAsk,
  v.strictObject({ name: v.literal('download'), file: shortText }),
  v.strictObject({
    name: v.literal('downloadMany'),
    files: v.pipe(v.array(shortText), v.maxLength(MAX_NODES)),
    archive: v.strictObject({
      name: shortText,
      top: v.pipe(v.array(shortText), v.maxLength(MAX_FOLDER_DEPTH)),
    }),
  }),
  v.strictObject({
    name: v.picklist(FORWARDED),
    args: v.pipe(v.array(plain), v.maxLength(4)),
  }),
]);

const version = v.literal(TABS_VERSION);
const message = v.variant('kind', [
  /** Who is there? `seen` is the newest view that the asking tab has. */
  v.strictObject({
    version,
    kind: v.literal('ping'),
    tab: id,
    seen: v.optional(v.strictObject({ leader: id, term: uint, seq: uint })),
  }),
  /** The leader is. Terms grow from leader to leader. */
  v.strictObject({ version, kind: v.literal('beat'), tab: id, term: uint }),
  v.strictObject({
    version,
    kind: v.literal('view'),
    tab: id,
    term: uint,
    seq: uint,
    view: v.custom<AppView>(isView),
  }),
  /** What makes this view of an earlier one of the same leader and term. */
  v.strictObject({
    version,
    kind: v.literal('patch'),
    tab: id,
    term: uint,
    seq: uint,
    base: uint,
    patch: v.custom<ViewPatch>(isViewPatch),
  }),
  /** `again`: another leader had taken it on, and may have done it. */
  v.strictObject({ version, kind: v.literal('ask'), tab: id, id, again: v.boolean(), ask }),
  v.strictObject({ version, kind: v.literal('got'), tab: id, term: uint, id }),
  /** These files of an `addFiles` need not be read again. */
  v.strictObject({
    version,
    kind: v.literal('settled'),
    tab: id,
    term: uint,
    id,
    keys: v.pipe(v.array(uint), v.maxLength(MAX_FILES_PER_ASK)),
  }),
  v.strictObject({
    version,
    kind: v.literal('done'),
    tab: id,
    term: uint,
    id,
    answer: v.variant('ok', [
      v.strictObject({ ok: v.literal(true), value: plain }),
      v.strictObject({ ok: v.literal(false), error: shortText }),
    ]),
  }),
  /** Is it still under way? */
  v.strictObject({
    version,
    kind: v.literal('poll'),
    tab: id,
    ids: v.pipe(v.array(id), v.maxLength(MAX_IDS_PER_POLL)),
  }),
  v.strictObject({ version, kind: v.literal('unknown'), tab: id, term: uint, id }),
  /** A download is on this disk, for the tab that asked for it. */
  v.strictObject({
    version,
    kind: v.literal('spooled'),
    tab: id,
    term: uint,
    id,
    file: v.instance(Blob),
  }),
  v.strictObject({ version, kind: v.literal('saved'), tab: id, id, ok: v.boolean() }),
]);

export type TabMessage = v.InferOutput<typeof message>;
export type Ask = v.InferOutput<typeof ask>;
export type AddAsk = v.InferOutput<typeof addAsk>;
export type DownloadAsk = Extract<Ask, { name: 'download' | 'downloadMany' }>;
export type Answer = Extract<TabMessage, { kind: 'done' }>['answer'];

type Draft<T> = T extends unknown ? Omit<T, 'version'> : never;

/** What goes over the channel. */
export function tabMessage(content: Draft<TabMessage>): unknown {
  return { ...content, version: TABS_VERSION };
}

/** undefined for what is no message of ours; `other-version` when such a tab leads. */
export function readTabMessage(data: unknown): TabMessage | 'other-version' | undefined {
  const read = v.safeParse(message, data);
  if (read.success) return read.output;
  const other = v.safeParse(v.looseObject({ kind: v.literal('beat'), version: uint }), data);
  const isOther = other.success && other.output.version !== TABS_VERSION;
  return isOther ? 'other-version' : undefined;
}

function isFileSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, type, size, lastModified, slice } = value as Partial<FileSource>;
  return (
    typeof name === 'string' &&
    name.length <= MAX_TEXT &&
    typeof type === 'string' &&
    type.length <= MAX_TEXT &&
    Number.isSafeInteger(size) &&
    typeof lastModified === 'number' &&
    typeof slice === 'function'
  );
}

/** Texts, numbers, booleans, null and undefined, and lists and records of these. */
function isPlain(value: unknown): boolean {
  let left = MAX_NODES;
  const check = (one: unknown, depth: number): boolean => {
    if (--left < 0 || depth > MAX_DEPTH) return false;
    if (typeof one === 'string') return one.length <= MAX_TEXT;
    if (one === null || ['undefined', 'number', 'boolean'].includes(typeof one)) return true;
    if (typeof one !== 'object') return false;
    if (Array.isArray(one)) return one.every((part) => check(part, depth + 1));
    const shape: unknown = Object.getPrototypeOf(one);
    if (shape !== Object.prototype) return false;
    return Object.values(one).every((part) => check(part, depth + 1));
  };
  return check(value, 0);
}
