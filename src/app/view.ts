import type { CircleId, DeviceId, FileId, InviteId, MemberId } from '../domain/ids.ts';
import type { Observable } from '../domain/observable.ts';
import type { Safety } from '../domain/replication/safety.ts';
import type { Result } from '../domain/result.ts';
import type { FileSink, FileSource } from '../ports/file-sink.ts';

/** Everything the screens show, derived in one place. An immutable snapshot. */
export interface AppView {
  readonly phase: Phase;
  readonly connection: Connection;
  readonly circle: CircleView | undefined;
  /** Newest first. What did not change keeps its identity from one view to the next, the list too. */
  readonly files: readonly FileView[];
  /**
   * At most MAX_SHOWN_TRANSFERS: what moves first, then what needs attention, then what is next in
   * the queue. None that failed. `flow.counts` counts all of them.
   */
  readonly transfers: readonly TransferView[];
  readonly failures: readonly FailureView[];
  readonly flow: FlowView;
  readonly device: DeviceView | undefined;
  /** Errors that need an action, newest last. */
  readonly notices: readonly Notice[];
}

export const MAX_SHOWN_TRANSFERS = 200;

export type Phase =
  | { readonly kind: 'starting' }
  /** Another tab of this browser runs the node; this one takes over when it closes. */
  | { readonly kind: 'other-tab' }
  | { readonly kind: 'welcome' }
  /** Joined with a link; nobody who could let us in is online yet, or they are just doing it. */
  | {
      readonly kind: 'waiting';
      readonly inviter: string;
      readonly circle: string;
      /** The invite as it was given. A secret. */
      readonly link: string;
      readonly problem: LinkProblem | undefined;
    }
  | { readonly kind: 'member' }
  /**
   * Was in, or took itself to be, and the circle's entries say otherwise. What is on this disk is
   * still there; nobody keeps anything for this person any more. Another circle may follow.
   */
  | {
      readonly kind: 'out';
      /** Somebody else came in by the same invite first, or we were parted with. */
      readonly why: 'used' | 'removed';
      readonly inviter: string | undefined;
      readonly circle: string;
    }
  /** The records on this disk could not be read. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Each gets its own plain sentence. */
export type LinkProblem =
  | 'not-a-link'
  | 'damaged'
  | 'newer-version'
  | 'expired'
  | 'used'
  | 'revoked'
  /** Good, but of another circle than the one this browser is in. */
  | 'foreign'
  /** Of the circle this browser is in already (own or not). */
  | 'already-in'
  /** Made by this very member. */
  | 'own'
  /** The circle is full. */
  | 'circle-full';

export type Connection =
  | { readonly kind: 'offline' }
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'refused'; readonly reason: 'code-needed' | 'wrong-code' | 'full' | 'refused' }
  /** `relay` false: the relay is gone, connected people still are. You count among the people. */
  | {
      readonly kind: 'connected';
      readonly relay: boolean;
      readonly here: number;
      readonly people: number;
    };

export interface CircleView {
  readonly id: CircleId;
  readonly name: string;
  /** You first, then by name. */
  readonly people: readonly PersonView[];
  readonly invites: readonly InviteView[];
  /** Copies wanted (1-7) and how many other people could hold one now. */
  readonly copiesWanted: number;
  readonly copiesPossible: number;
}

export interface PersonView {
  readonly member: MemberId;
  readonly name: string;
  readonly isYou: boolean;
  readonly provisional: boolean;
  readonly here: boolean;
  readonly path: 'direct' | 'relayed' | undefined;
  /** Unix seconds; undefined if never seen by this device. */
  readonly lastSeen: number | undefined;
  /** Bytes of mine this person's devices signed for, and bytes of theirs I hold. */
  readonly keepsForYou: number;
  readonly youKeep: number;
  readonly deviceClass: DeviceClass;
}

export type DeviceClass = 'keeper' | 'desktop' | 'phone' | 'tab';

export interface InviteView {
  readonly id: InviteId;
  readonly createdBy: string;
  readonly byYou: boolean;
  /** Unix seconds. */
  readonly made: number;
  readonly expires: number;
  readonly state: 'open' | 'used' | 'expired' | 'revoked';
  readonly usedBy: readonly string[];
  /** Only for open invites this device made. */
  readonly link: string | undefined;
}

export interface FileView {
  readonly id: FileId;
  readonly name: string;
  readonly type: string;
  /** Names of the folders it lies in, from the top; empty at the top. */
  readonly folder: readonly string[];
  readonly size: number;
  /** Unix seconds, as its disk said when it was added. */
  readonly modified: number;
  /** Unix seconds. */
  readonly added: number;
  readonly safety: Safety;
  /** All pieces are on this device too. */
  readonly localCopy: boolean;
  /** Per person who holds at least one piece, over the worst case of its pieces. */
  readonly copies: readonly CopyView[];
  readonly pieces: number;
}

export interface CopyView {
  readonly member: MemberId;
  readonly name: string;
  readonly device: DeviceId;
  readonly deviceClass: DeviceClass;
  readonly here: boolean;
  /** Pieces this device signed for, of `FileView.pieces`. */
  readonly pieces: number;
  /** Unix seconds of the newest receipt. */
  readonly confirmed: number;
}

/** What holds for all transfers together. */
export interface FlowView {
  readonly allPaused: boolean;
  /** Until all that is being sent is confirmed; undefined when it cannot be told. */
  readonly secondsLeft: number | undefined;
  readonly counts: TransferCounts;
}

/** Of all transfers, also those that are not shown. */
export interface TransferCounts {
  /** Locked, and held up by the others: nobody is here, or nobody has room. */
  readonly waiting: number;
  /** Under way, or its turn comes by itself. */
  readonly moving: number;
  readonly paused: number;
  readonly failed: number;
  readonly finished: number;
}

export type TransferView = {
  readonly id: string;
  readonly fileId: FileId | undefined;
  readonly name: string;
  readonly size: number;
  /** Cancel is possible. */
  readonly cancellable: boolean;
  /** What a person can do about its pace; nothing alone while everything is paused. */
  readonly control: 'pause' | 'resume' | undefined;
} & (
  | { readonly phase: 'reading' | 'locking'; readonly fraction: number }
  /** `confirmed` copies of `wanted` are complete; `fraction` counts receipts. */
  | {
      readonly phase: 'sending';
      readonly fraction: number;
      readonly confirmed: number;
      readonly wanted: number;
      /** From the receipts of the last 20 s; undefined when it cannot be told. */
      readonly secondsLeft: number | undefined;
    }
  /** The person stopped it for now. What was under way still arrives. */
  | {
      readonly phase: 'paused';
      readonly during: 'locking' | 'sending' | 'fetching';
      readonly fraction: number;
    }
  /** Sending stopped because nobody who could take a copy is here, or has room. */
  | {
      readonly phase: 'waiting';
      readonly confirmed: number;
      readonly wanted: number;
      readonly why: 'nobody-here' | 'no-room' | 'alone';
    }
  | { readonly phase: 'confirmed'; readonly confirmed: number }
  | { readonly phase: 'fetching'; readonly fraction: number }
  | { readonly phase: 'fetched' }
);

/** Transfers that failed for one reason and can be tried again in one way. */
export interface FailureView {
  /** Of this group, for as long as it lasts. */
  readonly key: string;
  readonly kind: 'store' | 'fetch';
  readonly why: TransferProblem;
  readonly retry: Retry | undefined;
  readonly count: number;
  /** The first MAX_NAMED_FAILURES of them. */
  readonly some: readonly FailedTransfer[];
}

export const MAX_NAMED_FAILURES = 20;

export interface FailedTransfer {
  readonly id: string;
  readonly fileId: FileId | undefined;
  readonly name: string;
  /** Where it was to go, or where it lies. */
  readonly folder: readonly string[];
  readonly size: number;
}

/**
 * How a failed transfer can be tried again: from what this session still has in hand, by choosing
 * the file again, or by a new download with a new place to save to.
 */
export type Retry = 'again' | 'choose' | 'download';

export type TransferProblem =
  | 'changed' // the file changed while it was read
  | 'unreadable' // it vanished, or the browser may not read it
  | 'too-big'
  | 'bad-name'
  | 'disk-full'
  | 'out-of-reach' // holders are away
  | 'missing-piece' // nobody known has it any more
  | 'save-failed' // the target refused the bytes
  | 'interrupted' // the tab closed before it was locked; choose it again
  | 'cancelled';

export interface DeviceView {
  readonly id: DeviceId;
  readonly deviceClass: DeviceClass;
  /** Bytes lent to others, and how much of it is used. */
  readonly lend: number;
  readonly lent: number;
  readonly quota: number;
  readonly usage: number;
  readonly persisted: boolean;
  readonly storage: 'opfs' | 'indexeddb';
}

export type Notice = { readonly id: string } & (
  | { readonly kind: 'disk-full' }
  /** The circle takes no more entries of this device. */
  | { readonly kind: 'no-room' }
  | { readonly kind: 'damaged-records'; readonly count: number }
  | { readonly kind: 'unexpected'; readonly report: string }
);

export interface InvitePreview {
  readonly inviter: string;
  readonly circle: string;
  /** Unix seconds. */
  readonly expires: number;
}

/** What people can do. Progress and later failures show up in the view. */
export interface Commands {
  /** `busy`: this browser is in a circle, or on its way into one. */
  createCircle(input: {
    readonly circleName: string;
    readonly yourName: string;
    readonly relayCode?: string;
  }): Promise<Result<undefined, 'bad-name' | 'no-relay' | 'disk-full' | 'busy'>>;
  /** The relay asked for a code (`connection` is `refused`): try with this one. */
  setRelayCode(code: string): Promise<void>;
  /** Looks at a link or pasted text; asks nobody. */
  readInvite(text: string): Result<InvitePreview, LinkProblem>;
  /** Ends waiting on another link. `busy`: in a circle, or on the way in with this very link. */
  join(
    text: string,
    yourName: string,
  ): Promise<Result<undefined, LinkProblem | 'bad-name' | 'disk-full' | 'busy'>>;
  /** Leaves the waiting state and forgets the link. */
  cancelJoin(): Promise<void>;
  invite(): Promise<
    Result<{ readonly id: InviteId; readonly link: string; readonly expires: number }, 'disk-full'>
  >;
  revokeInvite(id: InviteId): Promise<void>;
  /** `onSettled`, for each of them: it is locked, failed or was cancelled, and need not be read again. */
  addFiles(sources: readonly FileSource[], onSettled?: (source: FileSource) => void): void;
  download(id: FileId, sink: FileSink): void;
  /**
   * Several files as one zip. The sink was opened for exactly `zipSize` of `archiveEntriesOf` these
   * files and this top.
   */
  downloadMany(ids: readonly FileId[], archive: ArchiveRequest, sink: FileSink): void;
  cancel(transferId: string): void;
  /** Holds one transfer; of a file being sent no new copies are begun. Outlives a reload. */
  pause(transferId: string): void;
  resume(transferId: string): void;
  pauseAll(): void;
  /** Also what was paused alone. */
  resumeAll(): void;
  /** All that can be cancelled. */
  cancelAll(): void;
  /** Starts the failed transfers of a group anew whose `retry` is `again`. */
  retryFailed(key: string): void;
  dismissFailed(key: string): void;
  dismissFinished(): void;
  dismiss(id: string): void;
  /** `kept`: fewer than the wanted copies are confirmed elsewhere, so this device's copy stays. */
  freeUp(id: FileId): Promise<Result<undefined, 'kept'>>;
  /** For ever, everywhere: keys here at once, copies elsewhere as their devices are met. */
  deleteFile(id: FileId): Promise<Result<undefined, 'disk-full'>>;
  /** `disk-full`: some of them, or all, are still there. */
  deleteFiles(ids: readonly FileId[]): Promise<Result<undefined, 'disk-full'>>;
  setLend(bytes: number): Promise<void>;
  setCopies(count: number): Promise<void>;
  protectStorage(): Promise<boolean>;
}

export interface ArchiveRequest {
  /** Of the zip. */
  readonly name: string;
  /** The folder that becomes the only one at the top of the zip; empty for the top of all files. */
  readonly top: readonly string[];
}

export interface App {
  readonly view: Observable<AppView>;
  readonly commands: Commands;
  stop(): Promise<void>;
}
