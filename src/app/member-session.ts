import type { Bytes } from '../domain/bytes.ts';
import type { DeviceId, FileId, MemberId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import { readReceipt } from '../domain/replication/receipt.ts';
import { targetCopies } from '../domain/replication/quorum.ts';
import type { CircleRecord, SelfRecord } from '../domain/records.ts';
import { storeRequestGossip } from '../domain/wire/peer-messages.ts';
import type { Network } from '../ports/network.ts';
import { createCircleState, otherMembers, type CircleState } from './circle-state.ts';
import { createCircleTalk } from './circle-talk.ts';
import { openFileDeleter, type FileDeleter } from './delete-file.ts';
import { createChunkFetcher } from './fetch-chunk.ts';
import { sweepChunks } from './free-space.ts';
import type { RelayFollower } from './follow-relays.ts';
import { createFileBoard, type FileBoard } from './file-board.ts';
import { openHeldLedger, type HeldLedger } from './held-ledger.ts';
import type { CopyHolder } from './hold-copies.ts';
import { openInviter, type Inviter } from './invite-people.ts';
import { keepForOthers } from './keep-for-others.ts';
import { openLibrary, type Library } from './library.ts';
import { forgetInterrupted } from './lock-file.ts';
import { openPauses, type Pauses } from './pauses.ts';
import { createPeerCalls } from './peer-calls.ts';
import { createCopyPlacer, type CopyPlacer } from './place-copies.ts';
import { createReceiptMeter, type ReceiptMeter } from './receipt-meter.ts';
import { createPeerServer } from './serve-peers.ts';
import { openSightings, type Sightings } from './sightings.ts';
import { createStoreOffers } from './store-offers.ts';
import type { RosterSync } from './sync-roster.ts';
import { createTransferBoard, type TransferBoard } from './transfer-board.ts';
import { createTransfers, type Transfers } from './transfers.ts';
import type { AppDeps } from './deps.ts';
import { every } from './waiting.ts';
import { watchSource } from './watch-source.ts';
import type { Records } from './records.ts';
import type { StorageStatus } from '../ports/environment.ts';

const REMIND_MS = 60_000;
const TIME_LEFT_MS = 2_000;

export interface MemberSessionInit {
  readonly deps: AppDeps;
  readonly records: Records;
  readonly network: Network;
  readonly device: DeviceKey;
  readonly member: MemberId;
  readonly circle: CircleRecord;
  /** This device's settings, as they are now. */
  readonly settings: () => SelfRecord;
  readonly storage: () => StorageStatus;
  readonly onChange: () => void;
  readonly onDiskFull: () => void;
  /** The roster takes no more entries of this device. */
  readonly onNoRoom: () => void;
  readonly onUnexpected: (error: unknown) => void;
}

/** Everything that runs while this browser is a member of a circle. */
export interface MemberSession {
  readonly state: CircleState;
  readonly sync: RosterSync;
  readonly inviter: Inviter;
  readonly library: Library;
  readonly fileBoard: FileBoard;
  readonly transferBoard: TransferBoard;
  readonly held: HeldLedger;
  readonly holder: CopyHolder;
  readonly placer: CopyPlacer;
  readonly transfers: Transfers;
  readonly pauses: Pauses;
  readonly receipts: ReceiptMeter;
  readonly deleter: FileDeleter;
  readonly sightings: Sightings;
  readonly damaged: number;
  copiesPossible(): number;
  target(): number;
  readonly relays: RelayFollower;
  stop(): void;
}

export async function startMemberSession(init: MemberSessionInit): Promise<MemberSession> {
  const { deps, records, network, device, member, circle, onChange } = init;
  const { environment, crypto, chunks } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;

  const entries = await records.raw.entries('roster');
  const state = createCircleState({
    records,
    environment,
    circle: circle.circle,
    member,
    device,
    known: entries.records.map(([, bytes]) => bytes),
  });
  const library = await openLibrary(records, crypto);
  const held = await openHeldLedger(records);
  await sweepChunks({ library, held, chunks });

  const fileBoard = createFileBoard();
  const transferBoard = createTransferBoard();
  function onFile({ file }: { readonly file: FileId }): void {
    fileBoard.touch(file);
    onChange();
  }

  const roster = () => state.roster.get();
  const isHere = (other: DeviceId) => network.links.get().has(other);
  const hereNow = () => [...network.links.get().keys()].filter((one) => roster().devices.has(one));
  const copiesPossible = () => otherMembers(roster(), member).size;
  const target = () => targetCopies(init.settings().copies, copiesPossible());
  const shared = { circle: circle.circle, environment, chunks, held, signal, onChange };
  const self = device.device;

  const calls = createPeerCalls(network);
  const { holder, server, presence } = keepForOthers({
    ...init,
    circle: circle.circle,
    held,
    calls,
    signal,
  });
  const { gossip, sync, epochs, admission, relays } = createCircleTalk({
    network,
    environment,
    records,
    state,
    circle,
    calls,
    hereNow,
    presence,
    onMet: (other) => {
      remind(other);
      placer.onMet(other);
    },
    onDiskFull: init.onDiskFull,
    onNoRoom: init.onNoRoom,
    signal,
  });
  const fetcher = createChunkFetcher({
    ...shared,
    self,
    owner: member,
    calls,
    crypto,
    library,
    isHere,
    onLost: () => {
      placer.pump();
    },
  });
  const offers = createStoreOffers({
    environment,
    calls,
    gossip,
    roster,
    self,
    hereNow,
    isHere,
    signal,
    onOffers: () => {
      placer.pump();
    },
  });
  const receipts = createReceiptMeter(environment);
  const pauses = await openPauses({
    records,
    isKnown: (file) => library.file(file) !== undefined,
    onDiskFull: init.onDiskFull,
    onChange: (id) => {
      // The rate from before a pause says nothing about the time after it.
      receipts.forget();
      placer.rescan();
      transfers.onPauses();
      transferBoard.touchAll();
      if (id === undefined) fileBoard.touchAll();
      else fileBoard.touch(id as FileId);
      onChange();
    },
  });
  const placer = createCopyPlacer({
    ...shared,
    member,
    self,
    calls,
    crypto,
    library,
    fetcher,
    offers,
    readReceipt,
    roster,
    hereNow,
    isHere,
    target,
    isPaused: pauses.isPaused,
    onConfirmed: receipts.note,
    onMoving: onFile,
  });
  const deleter = await openFileDeleter({
    ...shared,
    member,
    self,
    records,
    library,
    crypto,
    calls,
    isHere,
  });
  function remind(other: DeviceId): void {
    holder.onMet(other);
    deleter.onMet(other);
  }
  const inviter = await openInviter({
    state,
    records,
    environment,
    network,
    origin: deps.origin,
    announce: sync.announce,
  });
  const transfers = createTransfers({
    ...shared,
    crypto,
    library,
    fetcher,
    pauses,
    openArchive: deps.openArchive,
    watchSource,
    onUnexpected: init.onUnexpected,
    onChange(id) {
      transferBoard.touch(id);
      onChange();
    },
    onLocked: (file) => void forgetInterrupted(library, file),
  });
  const sightings = await openSightings({ records, environment, network, signal });

  network.handle(
    'peer',
    createPeerServer({ roster, sync, epochs, holder, server, placer, offers }),
  );
  network.handle('join', (from, payload) => admission.onJoin(from, payload));
  gossip.start((from, type, payload) => {
    if (type === 'roster_entry') sync.onGossip(payload);
    if (type === 'store_request') heardRequest(from, payload);
  });

  function heardRequest(from: DeviceId, payload: Bytes): void {
    const request = storeRequestGossip.decode(payload);
    if (roster().devices.has(from) && request.ok) holder.onStoreRequest(from, request.value);
  }

  function followRoster(): void {
    network.setPeers(new Set([...roster().devices.keys()].filter((other) => other !== self)));
    relays.follow();
    inviter.refresh();
    placer.rescan();
    onChange();
  }
  const unsubscribes = [
    state.roster.subscribe(followRoster),
    library.watch(onFile),
    network.links.subscribe(onChange),
    network.links.subscribe(placer.onLinks),
    network.relay.subscribe(onChange),
    sync.met.subscribe(onChange),
  ];
  followRoster();
  void sync.run(signal);
  void epochs.run(signal);
  void placer.run(signal);
  // What is left to wait goes stale when nothing comes any more.
  void every(environment, TIME_LEFT_MS, signal, () => {
    if (receipts.recent().all.length > 0) onChange();
    return Promise.resolve();
  });
  // What a device did not take or confirm at the first meeting is offered again while it is here.
  void every(environment, REMIND_MS, signal, () => {
    for (const other of hereNow()) remind(other);
    return Promise.resolve();
  });

  return {
    state,
    sync,
    inviter,
    library,
    fileBoard,
    transferBoard,
    held,
    holder,
    placer,
    transfers,
    pauses,
    receipts,
    deleter,
    sightings,
    damaged:
      entries.damaged.length + library.damaged + library.unproven + held.damaged + deleter.damaged,
    copiesPossible,
    target,
    relays,
    stop() {
      stopping.abort();
      gossip.stop();
      for (const unsubscribe of unsubscribes) unsubscribe();
    },
  };
}
