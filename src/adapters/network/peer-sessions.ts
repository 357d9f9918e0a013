import type { Connection, Stream } from '@libp2p/interface';
import type { DeviceId } from '../../domain/ids.ts';
import type { Environment } from '../../ports/environment.ts';
import type { CallHandler, Lane } from '../../ports/network.ts';
import { createAdmission } from '../calls/admission.ts';
import { MAX_UNKNOWN_PEERS } from '../calls/constants.ts';
import { createAnsweringSession, type AnsweringSession } from './answering-session.ts';
import { createAskingSession, type AskingSession } from './asking-session.ts';
import { RETIRE_MS, STREAM_OPEN_MS } from './constants.ts';
import type { QuloudNode } from './libp2p-config.ts';
import { deviceOf } from './peer-id.ts';
import type { PeerPaths } from './peer-paths.ts';
import { duplexOf } from './stream-duplex.ts';
import { timedSignal } from './timed-signal.ts';

const LANE_PROTOCOLS: Readonly<Record<Lane, string>> = {
  peer: '/quloud/peer/1',
  join: '/quloud/join/1',
};
const LANES = ['peer', 'join'] as const satisfies readonly Lane[];
/** Per connection and lane: one, and its successor. */
const MAX_STREAMS = 2;

/** One long-lived stream per device, lane and direction, on the best connection there is. */
export interface PeerSessions {
  start(): Promise<void>;
  /** The session to ask this device with, opened if need be; undefined without a connection. */
  ask(lane: Lane, device: DeviceId, signal: AbortSignal): Promise<AskingSession | undefined>;
  /** The connection that new frames of the peer lane take, if there is a working session. */
  readonly connectionOf: (device: DeviceId) => Connection | undefined;
  /** Whether any session runs over this connection. */
  readonly uses: (connection: Connection) => boolean;
  stop(): Promise<void>;
}

export interface PeerSessionsDeps {
  readonly node: QuloudNode;
  readonly environment: Environment;
  readonly paths: PeerPaths;
  readonly isKnown: (device: DeviceId) => boolean;
  readonly handlerOf: (lane: Lane) => CallHandler | undefined;
  /** A session began or ended. */
  readonly onChange: () => void;
}

interface Asking {
  readonly session: AskingSession;
  readonly connection: Connection;
}

interface Answering {
  readonly session: AnsweringSession;
  readonly connection: Connection;
  readonly device: DeviceId;
}

export function createPeerSessions(deps: PeerSessionsDeps): PeerSessions {
  const { node, environment, paths } = deps;
  const admission = createAdmission(deps.isKnown);
  const asking = new Map<string, Asking>();
  const opening = new Map<string, Promise<Asking | undefined>>();
  const retiring = new Set<Asking>();
  const answering = new Set<Answering>();
  const stopped = new AbortController();

  return {
    async start() {
      for (const lane of LANES) {
        await node.libp2p.handle(
          LANE_PROTOCOLS[lane],
          (stream, connection) => {
            accept(lane, stream, connection);
          },
          { runOnLimitedConnection: true, maxInboundStreams: MAX_STREAMS },
        );
      }
    },
    async ask(lane, device, signal) {
      const slot = `${lane} ${device}`;
      const current = asking.get(slot);
      const best = paths.open(device)[0];
      const works = current !== undefined && !current.session.ended();
      if (works && (best === undefined || best.id === current.connection.id)) {
        return current.session;
      }
      if (best === undefined || stopped.signal.aborted) return undefined;
      let next = opening.get(slot);
      if (next === undefined) {
        next = open(lane, slot, best).finally(() => {
          opening.delete(slot);
        });
        opening.set(slot, next);
      }
      // While the better path is being opened the old one still does.
      if (works) return current.session;
      return (await unlessAborted(next, signal))?.session;
    },
    connectionOf(device) {
      const current = asking.get(`peer ${device}`);
      return current === undefined || current.session.ended() ? undefined : current.connection;
    },
    uses: (connection) =>
      [...asking.values(), ...retiring, ...answering].some(
        (session) => session.connection.id === connection.id,
      ),
    async stop() {
      stopped.abort();
      for (const { session } of [...asking.values(), ...retiring, ...answering]) session.abort();
      for (const lane of LANES) await node.libp2p.unhandle(LANE_PROTOCOLS[lane]);
    },
  };

  async function open(
    lane: Lane,
    slot: string,
    connection: Connection,
  ): Promise<Asking | undefined> {
    const limit = timedSignal(environment, STREAM_OPEN_MS, stopped.signal);
    try {
      const stream = await connection.newStream(LANE_PROTOCOLS[lane], {
        signal: limit.signal,
        runOnLimitedConnection: true,
      });
      const session = createAskingSession(duplexOf(stream), environment, {
        onEnd() {
          retiring.delete(mine);
          if (asking.get(slot) === mine) asking.delete(slot);
          deps.onChange();
        },
      });
      const mine: Asking = { session, connection };
      const old = asking.get(slot);
      asking.set(slot, mine);
      if (old !== undefined) retire(old);
      deps.onChange();
      return mine;
    } catch {
      return undefined;
    } finally {
      limit.clear();
    }
  }

  /** Lets the calls on the old path end there. */
  function retire(old: Asking): void {
    if (old.session.ended()) return;
    retiring.add(old);
    const limit = timedSignal(environment, RETIRE_MS, stopped.signal);
    void old.session.retire(limit.signal).finally(() => {
      limit.clear();
      retiring.delete(old);
      deps.onChange();
    });
  }

  function accept(lane: Lane, stream: Stream, connection: Connection): void {
    const device = deviceOf(connection.remotePeer);
    if (device === undefined || stopped.signal.aborted || !hasRoomFor(device)) {
      stream.abort(new Error('no room for strangers'));
      return;
    }
    const session = createAnsweringSession(duplexOf(stream), {
      admit: () => admission.admit(device),
      async serve(payload, signal) {
        return deps.handlerOf(lane)?.(device, payload, signal);
      },
      onEnd() {
        answering.delete(mine);
        deps.onChange();
      },
    });
    const mine: Answering = { session, connection, device };
    answering.add(mine);
    deps.onChange();
  }

  /** Strangers share a few places; one who asks nothing makes room for the next. */
  function hasRoomFor(device: DeviceId): boolean {
    if (deps.isKnown(device)) return true;
    const strangers = [...answering].filter((one) => !deps.isKnown(one.device));
    const devices = new Set(strangers.map((one) => one.device));
    if (devices.has(device) || devices.size < MAX_UNKNOWN_PEERS) return true;
    for (const idle of devices) {
      const sessions = strangers.filter((one) => one.device === idle);
      if (sessions.some((one) => one.session.open() > 0)) continue;
      for (const one of sessions) one.session.abort();
      return true;
    }
    return false;
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve) => {
    const aborted = (): void => {
      resolve(undefined);
    };
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted);
    void work.then((value) => {
      signal.removeEventListener('abort', aborted);
      resolve(value);
    });
  });
}
