import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { DeviceId } from '../../domain/ids.ts';
import { ACCESS_PROTOCOL } from '../../domain/wire/access-messages.ts';
import type { Environment } from '../../ports/environment.ts';
import type { RelayAccess, RelayAddress, RelayState } from '../../ports/network.ts';
import { REFUSED_RETRY_MS } from '../calls/constants.ts';
import { RESERVATION_CHECK_MS, SEAT_RETRY_MS, SEAT_TIMEOUT_MS, WAKE_PING_MS } from './constants.ts';
import type { QuloudNode } from './libp2p-config.ts';
import { pingConnection } from './ping-connection.ts';
import { openAccess, type AccessSession, type Invite } from './relay-access.ts';
import { duplexOf } from './stream-duplex.ts';
import { jitter, pause, timedSignal } from './timed-signal.ts';

/** Keeps a place at one relay, for ever. */
export interface RelaySeat {
  readonly address: RelayAddress;
  state(): RelayState;
  present(): readonly DeviceId[];
  /** It has a place, and over this connection. */
  sitsOver(connection: Connection): boolean;
  setInvites(invites: readonly Invite[]): void;
  /** Something may have changed: try now, and doubt what looks connected. */
  wake(): void;
  stop(): void;
}

export interface RelaySeatDeps {
  readonly node: QuloudNode;
  readonly environment: Environment;
  readonly address: RelayAddress;
  readonly access: RelayAccess;
  readonly invites: readonly Invite[];
  readonly onChange: () => void;
  /** Another seat lives on this connection: libp2p has one for all seats at a relay. */
  readonly isShared: (connection: Connection) => boolean;
}

export function keepRelaySeat(deps: RelaySeatDeps): RelaySeat {
  const { node, environment, address, access } = deps;
  const stopped = new AbortController();
  let state: RelayState = { kind: 'connecting' };
  let present: readonly DeviceId[] = [];
  let invites = deps.invites;
  let session: AccessSession | undefined;
  let connection: Connection | undefined;
  let endPause = (): void => undefined;
  let endAttempt = (): void => undefined;
  let attemptSince = 0;

  void keep();

  return {
    address,
    state: () => state,
    present: () => present,
    sitsOver: (other) => state.kind === 'connected' && connection === other,
    setInvites(next) {
      invites = next;
      session?.setInvites(next);
    },
    wake() {
      endPause();
      if (state.kind !== 'connected') {
        // It may be waiting for a network that is no more; one that has just begun may go on.
        if (environment.monotonic() - attemptSince > WAKE_PING_MS) endAttempt();
      } else if (connection !== undefined) {
        void pingConnection(connection, environment, WAKE_PING_MS);
      }
    },
    stop() {
      stopped.abort();
      session?.leave();
    },
  };

  async function keep(): Promise<void> {
    while (!isStopped()) {
      const end = await sit();
      present = [];
      session = undefined;
      connection = undefined;
      if (isStopped()) return;
      if (end !== 'refused') state = { kind: 'connecting' };
      deps.onChange();
      // A seat we had is worth an attempt at once; a relay that is down is not.
      if (end === 'lost') continue;
      const waiting = pause(environment, waitMs(), stopped.signal);
      endPause = waiting.wake;
      await waiting.over;
    }
  }

  function waitMs(): number {
    if (state.kind === 'refused') return REFUSED_RETRY_MS[state.reason];
    return jitter(environment, SEAT_RETRY_MS.min, SEAT_RETRY_MS.max);
  }

  /** Takes a seat and comes back when it is gone. */
  async function sit(): Promise<'lost' | 'failed' | 'refused'> {
    const attempt = new AbortController();
    const limit = timedSignal(
      environment,
      SEAT_TIMEOUT_MS,
      AbortSignal.any([stopped.signal, attempt.signal]),
    );
    attemptSince = environment.monotonic();
    endAttempt = () => {
      attempt.abort();
    };
    try {
      const relay = await node.libp2p.dial(multiaddr(address), { signal: limit.signal });
      connection = relay;
      const stream = await relay.newStream(ACCESS_PROTOCOL, { signal: limit.signal });
      const duplex = duplexOf(stream);
      const ended = Promise.withResolvers<'ended'>();
      const answered = Promise.withResolvers<'welcome' | 'refused' | 'ended'>();
      const place = openAccess(duplex, access, {
        onWelcome() {
          answered.resolve('welcome');
        },
        onRefused(reason) {
          state = { kind: 'refused', reason };
          answered.resolve('refused');
        },
        onPresent(devices) {
          present = devices;
          if (state.kind === 'connected') deps.onChange();
        },
        onEnd() {
          answered.resolve('ended');
          ended.resolve('ended');
        },
      });
      session = place;
      place.setInvites(invites);
      limit.signal.addEventListener('abort', place.leave);
      const answer = await answered.promise;
      limit.signal.removeEventListener('abort', place.leave);
      if (answer !== 'welcome' || isStopped()) {
        place.leave();
        return answer === 'refused' ? 'refused' : 'failed';
      }
      if (access.kind === 'member') await node.reserve(relay.remotePeer);
      limit.clear();
      state = { kind: 'connected' };
      deps.onChange();
      const stopLooking = access.kind === 'member' ? lookAfterReservation(relay, place) : undefined;
      const since = environment.monotonic();
      await ended.promise;
      stopLooking?.();
      // One that lets us in and throws us out at once must not be asked without pause.
      return environment.monotonic() - since > SEAT_RETRY_MS.max ? 'lost' : 'failed';
    } catch {
      session?.leave();
      // A relay connection that gives no seat is of no use; the next attempt makes a new one.
      if (!isStopped() && connection !== undefined && !deps.isShared(connection)) {
        connection.abort(new Error('no seat at the relay'));
      }
      return 'failed';
    } finally {
      limit.clear();
    }
  }

  function lookAfterReservation(relay: Connection, place: AccessSession): () => void {
    let cancel = environment.after(RESERVATION_CHECK_MS, look);
    return () => {
      cancel();
    };
    function look(): void {
      // Without a reservation nobody can reach us: better to begin again.
      node.reserve(relay.remotePeer).catch(place.leave);
      cancel = environment.after(RESERVATION_CHECK_MS, look);
    }
  }

  // A function: the compiler takes the property for constant across awaits.
  function isStopped(): boolean {
    return stopped.signal.aborted;
  }
}
