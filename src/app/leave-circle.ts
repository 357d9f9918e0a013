import type { CircleRecord } from '../domain/records.ts';
import type { Collection, RecordChange } from '../ports/record-store.ts';
import { DEVICE_KEYS, type Records } from './records.ts';

/** What concerns nobody outside the circle it comes from. */
const OF_THE_CIRCLE = [
  'roster',
  'held',
  'links',
  'claims',
  'deletes',
  'receipts',
] as const satisfies readonly Collection[];

/**
 * What goes when a browser that is no longer in its circle enters another: the entries of the old
 * one, copies kept for its people, and what they signed for. The own files stay, with what of them
 * is on this disk. Nothing goes when it enters the same circle again.
 */
export async function leftBehind(
  records: Records,
  next: Pick<CircleRecord, 'circle'>,
): Promise<readonly RecordChange[]> {
  const former = await records.circle.read(DEVICE_KEYS.circle);
  if (former === undefined || former.circle === next.circle) return [];
  const changes: RecordChange[] = [];
  for (const collection of OF_THE_CIRCLE) {
    const { records: kept, damaged } = await records.raw.entries(collection);
    for (const key of [...kept.map(([one]) => one), ...damaged]) {
      changes.push({ collection, key, value: undefined });
    }
  }
  const pieces = await records.pieces.readAll();
  for (const piece of pieces.values) {
    if (piece.copies.length === 0) continue;
    changes.push(records.pieces.put(piece.chunk_id, { ...piece, copies: [] }));
  }
  return changes;
}
