import type { Bytes } from '../domain/bytes.ts';
import type { DeviceId } from '../domain/ids.ts';
import type { Observable } from '../domain/observable.ts';
import type { Result } from '../domain/result.ts';

/** `join` is open to strangers with an invite; `peer` only to devices set by `setPeers`. */
export type Lane = 'peer' | 'join';

export interface PeerLink {
  readonly path: 'direct' | 'relayed';
}

export type RelayState =
  | { readonly kind: 'off' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'refused'; readonly reason: AccessRefusal };

export type AccessRefusal = 'code-needed' | 'wrong-code' | 'unknown-invite' | 'full' | 'refused';

/**
 * What buys a place at the relay: the circle's namespace token, or an invite's token. `former` are
 * tokens of epochs before: a place in each of these too.
 */
export type RelayAccess =
  | {
      readonly kind: 'member';
      readonly namespaceToken: Bytes;
      readonly former?: readonly Bytes[];
      readonly code: string | undefined;
    }
  | { readonly kind: 'guest'; readonly inviteToken: Bytes };

/** A relay as a multiaddr that ends in `/p2p/<relay>`. */
export type RelayAddress = string;

/** Why a call gave no answer. `gone`: not connected or the stream died. `busy`: too many in flight. */
export type CallError =
  'gone' | 'aborted' | 'timeout' | 'busy' | 'too-large' | 'protocol' | 'refused';

export interface Answer {
  readonly payload: Bytes;
  /** At most MAX_BODY_BYTES. Empty when there is none. */
  readonly body: Bytes;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Largest body accepted; 0 by default. More ends the call with `too-large`. */
  readonly maxBody?: number;
}

/** Answers one request; a throw or undefined answers `refused`. The signal ends with the stream. */
export type CallHandler = (
  from: DeviceId,
  payload: Bytes,
  signal: AbortSignal,
) => Promise<{ readonly payload: Bytes; readonly body?: Bytes } | undefined>;

/**
 * One libp2p node. It finds the relay, keeps trying for ever, upgrades relayed paths to direct ones
 * in the background and authenticates every peer by its device key.
 *
 * Promises: a call is answered by the device it names, or fails. Does not promise: delivery, order
 * between calls, that gossip arrives at all, or that a peer in `links` is still there.
 */
export interface Network {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Relays to keep a seat at; none leaves the network to connected peers. */
  setRelays(relays: readonly RelayAddress[], access: RelayAccess | undefined): void;
  /** Hashes of invite tokens with expiry (unix seconds) that relays should let in as guests. */
  setInvites(invites: readonly { readonly tokenHash: Bytes; readonly expires: number }[]): void;
  /** The devices of the circle (without this one): dialled when present, admitted to the peer lane. */
  setPeers(devices: ReadonlySet<DeviceId>): void;
  readonly relay: Observable<RelayState>;
  /** Devices the relay says are in the namespace now: a hint, trusted for nothing but dialling. */
  readonly present: Observable<ReadonlySet<DeviceId>>;
  /** Devices with a working peer session. */
  readonly links: Observable<ReadonlyMap<DeviceId, PeerLink>>;
  /** Dials if need be. */
  call(
    lane: Lane,
    to: DeviceId,
    payload: Bytes,
    options: CallOptions,
  ): Promise<Result<Answer, CallError>>;
  handle(lane: Lane, handler: CallHandler): void;
  /** Best effort to everyone who listens on the topic now. At most MAX_GOSSIP_BYTES. */
  publish(topic: string, message: Bytes): Promise<void>;
  /** Listens on one topic at a time; undefined stops. */
  setTopic(topic: string | undefined, onMessage: (from: DeviceId, message: Bytes) => void): void;
}
