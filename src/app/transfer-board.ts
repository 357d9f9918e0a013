import type { FileId } from '../domain/ids.ts';
import { secondsLeft } from '../domain/replication/time-left.ts';
import type { FileBoard } from './file-board.ts';
import type { Library } from './library.ts';
import type { Pauses } from './pauses.ts';
import type { ReceiptMeter } from './receipt-meter.ts';
import { isSameData } from './same-data.ts';
import { failedRow, failureOf, INTERRUPTED, type Failure } from './transfer-failures.ts';
import { ownRow, sendingRow, type RowFacts } from './transfer-rows.ts';
import type { Transfers } from './transfers.ts';
import {
  MAX_NAMED_FAILURES,
  MAX_SHOWN_TRANSFERS,
  type AppView,
  type FailureView,
  type TransferCounts,
  type TransferView,
} from './view.ts';

export interface TransferFacts extends Omit<RowFacts, 'startedHere'> {
  readonly transfers: Transfers;
  readonly library: Library;
  readonly pauses: Pauses;
  readonly board: FileBoard;
  readonly receipts: ReturnType<ReceiptMeter['recent']>;
}

/** The tray: what was started here, what is on its way out, and what an earlier session left. */
export interface TransferBoard {
  touch(transfer: string): void;
  /** Pauses changed, which counts for all. */
  touchAll(): void;
  /** `looked`: the files that the file board looked at just now. */
  update(
    facts: TransferFacts,
    looked: ReadonlySet<FileId>,
  ): Pick<AppView, 'transfers' | 'failures' | 'flow'>;
  /** Transfers of this session that are in this group of failures. */
  failed(key: string): readonly string[];
  /** Transfers of this session of which nothing more is to come. */
  finished(): readonly string[];
}

type Place = 'running' | 'waiting' | 'paused' | 'queued' | 'finished' | Failure;

/** As they are shown. */
const SHOWN = ['running', 'waiting', 'paused', 'queued', 'finished'] as const;

/** A transfer of this session that is no file of the library yet, or never is; or a file. */
type RowKey = `t${string}` | `f${FileId}`;

export function createTransferBoard(): TransferBoard {
  const rows = { running: new Set(), waiting: new Set(), paused: new Set() } as Record<
    (typeof SHOWN)[number],
    Set<RowKey>
  >;
  rows.queued = new Set();
  rows.finished = new Set();
  const failures = new Map<string, { readonly failure: Failure; readonly rows: Set<RowKey> }>();
  const places = new Map<RowKey, Place>();
  const startedHere = new Map<FileId, string>();
  const fileOf = new Map<string, FileId>();
  /** Receipts still to come, of files that move. */
  const remaining = new Map<FileId, number>();
  let remainingInAll = 0;
  let touched = new Set<string>();
  let isAllTouched = false;
  let shown: readonly TransferView[] = [];
  let grouped: readonly FailureView[] = [];

  function setOf(place: Place): Set<RowKey> {
    if (typeof place === 'string') return rows[place];
    const group = failures.get(place.key) ?? { failure: place, rows: new Set<RowKey>() };
    failures.set(place.key, group);
    return group.rows;
  }

  function put(row: RowKey, place: Place | undefined): void {
    const before = places.get(row);
    const keyOf = (one: Place | undefined) => (typeof one === 'object' ? one.key : one);
    if (keyOf(before) === keyOf(place)) return;
    if (before !== undefined) {
      const left = setOf(before);
      left.delete(row);
      if (typeof before === 'object' && left.size === 0) failures.delete(before.key);
    }
    if (place === undefined) places.delete(row);
    else {
      places.set(row, place);
      setOf(place).add(row);
    }
  }

  function lookAtTransfer({ transfers, pauses }: TransferFacts, id: string): FileId | undefined {
    const transfer = transfers.get(id);
    const fileBefore = fileOf.get(id);
    const file = transfer?.kind === 'store' ? transfer.fileId : undefined;
    if (fileBefore !== undefined && fileBefore !== file) {
      fileOf.delete(id);
      if (startedHere.get(fileBefore) === id) startedHere.delete(fileBefore);
    }
    if (file !== undefined) {
      fileOf.set(id, file);
      startedHere.set(file, id);
    }
    put(`t${id}`, transfer === undefined ? undefined : placeOf(transfer));
    return file ?? fileBefore;

    function placeOf({ kind, state }: NonNullable<typeof transfer>): Place | undefined {
      if (typeof state === 'object') return failureOf(kind, file ?? transfer?.fileId, state.failed);
      // A file that was stored has its row among the files.
      if (state === 'done') return kind === 'fetch' ? 'finished' : undefined;
      if (pauses.isPaused(id)) return 'paused';
      return state === 'queued' ? 'queued' : 'running';
    }
  }

  function lookAtFile({ board, library, pauses }: TransferFacts, file: FileId): void {
    const place = placeOf();
    put(`f${file}`, place);
    const outgoing = board.state(file)?.outgoing;
    const isGoing = place === 'running' || place === 'queued';
    const left = outgoing === undefined || !isGoing ? 0 : outgoing.all - outgoing.received;
    remainingInAll += left - (remaining.get(file) ?? 0);
    if (left === 0) remaining.delete(file);
    else remaining.set(file, left);

    function placeOf(): Place | undefined {
      const known = library.file(file);
      const isOurs = startedHere.has(file);
      if (known === undefined) return undefined;
      if (known.manifest === undefined) return isOurs ? undefined : INTERRUPTED;
      const sending = board.state(file)?.outgoing;
      if (sending === undefined) return isOurs ? 'finished' : undefined;
      // Alone in the circle nothing waits for anybody in particular; only fresh files say so.
      const isNews = isOurs || pauses.isPausedAlone(file);
      if (sending.why === 'alone' && !isNews) return undefined;
      if (pauses.isPaused(file)) return 'paused';
      if (sending.why !== undefined) return 'waiting';
      return sending.isMoving ? 'running' : 'queued';
    }
  }

  function rowsOf(facts: TransferFacts): readonly TransferView[] {
    const list: TransferView[] = [];
    const known = new Map(shown.map((one) => [one.id, one]));
    const rowFacts = { ...facts, startedHere };
    for (const place of SHOWN) {
      for (const row of rows[place]) {
        if (list.length === MAX_SHOWN_TRANSFERS) return list;
        const id = row.slice(1);
        const transfer = row.startsWith('t') ? facts.transfers.get(id) : undefined;
        const state = facts.board.state(id as FileId);
        const view =
          transfer !== undefined
            ? ownRow(rowFacts, transfer)
            : state && sendingRow(rowFacts, state, place);
        if (view === undefined) continue;
        const before = known.get(view.id);
        list.push(before !== undefined && isSameData(before, view) ? before : view);
      }
    }
    return list;
  }

  function failuresOf({ transfers, library }: TransferFacts): readonly FailureView[] {
    return [...failures.values()].map(({ failure, rows: failed }) => {
      const some: FailureView['some'][number][] = [];
      for (const row of failed) {
        if (some.length === MAX_NAMED_FAILURES) break;
        const id = row.slice(1);
        const known = row.startsWith('t') ? transfers.get(id) : library.file(id as FileId)?.record;
        if (known !== undefined) some.push(failedRow(id, known));
      }
      return { ...failure, count: failed.size, some };
    });
  }

  function countsOf(): TransferCounts {
    let failed = 0;
    for (const group of failures.values()) failed += group.rows.size;
    return {
      waiting: rows.waiting.size,
      moving: rows.running.size + rows.queued.size,
      paused: rows.paused.size,
      failed,
      finished: rows.finished.size,
    };
  }

  function* ownOf(set: Iterable<RowKey>): Iterable<string> {
    for (const row of set) {
      const id = row.startsWith('t') ? row.slice(1) : startedHere.get(row.slice(1) as FileId);
      if (id !== undefined) yield id;
    }
  }

  return {
    touch: (transfer) => touched.add(transfer),
    touchAll() {
      isAllTouched = true;
    },
    update(facts, looked) {
      const files = new Set(looked);
      if (isAllTouched) {
        for (const { id } of facts.transfers.all()) touched.add(id);
        for (const { record } of facts.library.files()) files.add(record.file_id);
      }
      isAllTouched = false;
      for (const id of touched) {
        const file = lookAtTransfer(facts, id);
        if (file !== undefined) files.add(file);
      }
      touched = new Set();
      for (const file of files) lookAtFile(facts, file);
      const list = rowsOf(facts);
      if (!isSameList(shown, list)) shown = list;
      const groups = failuresOf(facts);
      if (!isSameData(grouped, groups)) grouped = groups;
      const timing = { receipts: facts.receipts.all, remaining: remainingInAll, now: facts.now };
      return {
        transfers: shown,
        failures: grouped,
        flow: {
          allPaused: facts.pauses.isAllPaused(),
          secondsLeft: remainingInAll === 0 ? undefined : secondsLeft(timing),
          counts: countsOf(),
        },
      };
    },
    failed: (key) => [...ownOf(failures.get(key)?.rows ?? [])],
    finished: () => [...ownOf(rows.finished)],
  };
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}
