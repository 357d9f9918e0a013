import * as v from 'valibot';
import type { AppView } from '../view.ts';
import type { ViewPatch } from './view-patch.ts';

const MAX_TEXT = 16 * 1024;
const MAX_ROWS = 100_000;

const kind = v.looseObject({ kind: text() });
const rows = v.pipe(v.array(v.looseObject({ id: text() })), v.maxLength(MAX_ROWS));
const place = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_ROWS));

/** All of a view but its files. */
const frame = v.looseObject({
  phase: kind,
  connection: kind,
  transfers: rows,
  failures: v.pipe(v.array(v.looseObject({ key: text() })), v.maxLength(MAX_ROWS)),
  flow: v.looseObject({ allPaused: v.boolean() }),
  notices: rows,
  circle: v.optional(v.looseObject({ id: text(), people: v.array(v.unknown()), invites: rows })),
  device: v.optional(v.looseObject({ id: text() })),
});

const patch = v.strictObject({
  rest: v.custom((value) => v.is(frame, value) && !('files' in value)),
  gone: v.pipe(v.array(text()), v.maxLength(MAX_ROWS)),
  put: v.pipe(
    v.array(v.strictObject({ at: place, file: v.custom(isFile) })),
    v.maxLength(MAX_ROWS),
  ),
  count: place,
});

/**
 * The frame of a view. Its insides are taken as they are: they were derived by this very code, and
 * the screens write them as text only.
 */
export function isView(value: unknown): value is AppView {
  if (!v.is(frame, value)) return false;
  const { files } = value;
  // By hand: there may be very many.
  return Array.isArray(files) && files.length <= MAX_ROWS && files.every(isFile);
}

/** Checked like a view. Whether it fits another view is seen when it is applied. */
export function isViewPatch(value: unknown): value is ViewPatch {
  return v.is(patch, value);
}

function isFile(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id } = value as { readonly id?: unknown };
  return typeof id === 'string' && id.length <= MAX_TEXT;
}

function text() {
  return v.pipe(v.string(), v.maxLength(MAX_TEXT));
}
