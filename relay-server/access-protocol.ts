import type { Connection, Stream } from '@libp2p/interface';
import { decode, encode } from 'it-length-prefixed';
import { idBytes, type DeviceId } from '../src/domain/ids.ts';
import {
  accessReply,
  accessRequest,
  MAX_ACCESS_FRAME_BYTES,
} from '../src/domain/wire/access-messages.ts';
import type { AccessBook, MemberSeat, Refusal, Seat } from './access-book.ts';
import { deviceOfPeer } from './device-of-peer.ts';
import {
  PRESENCE_DELAY_MS,
  REQUEST_BURST,
  REQUESTS_PER_SECOND,
  SEAT_DEADLINE_MS,
  SLOW_READER_MS,
  STOP_MS,
  WRONG_CODE_COST,
} from './limits.ts';
import type { RelayLog } from './log.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

type Request = Extract<ReturnType<typeof accessRequest.decode>, { ok: true }>['value'];
type Reply = Parameters<typeof accessReply.encode>[0];

export interface AccessProtocolDeps {
  readonly book: AccessBook;
  readonly log: RelayLog;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * The relay's side of `/quloud/access/1`: one seat per stream, held until the stream ends.
 * Bytes that are no request, or too many requests, end that stream and nothing else.
 */
export function createAccessProtocol({ book, log, clock }: AccessProtocolDeps) {
  /** Per connection, or a hundred streams would have a hundred budgets. */
  const budgets = new WeakMap<Connection, TokenBucket>();

  return async function serveAccess(stream: Stream, connection: Connection): Promise<void> {
    const device = deviceOfPeer(connection.remotePeer);
    if (device === undefined) {
      stream.abort(new Error('only devices with an Ed25519 key'));
      return;
    }
    const budget = budgets.get(connection) ?? createTokenBucket(REQUEST_BURST, REQUESTS_PER_SECOND);
    budgets.set(connection, budget);

    const session = createSession(device, stream);
    try {
      for await (const frame of decode(stream, { maxDataLength: MAX_ACCESS_FRAME_BYTES })) {
        const request = accessRequest.decode(frame.subarray());
        if (!request.ok || !budget.take(clock()) || !session.serve(request.value, budget)) {
          log.warn('access-refused', { reason: 'bad-request' });
          session.send({ type: 'refused', reason: 'bad-request' });
          break;
        }
      }
    } catch {
      // A reset, or a frame over the limit: the stream is over either way.
      log.info('stream-ended');
    } finally {
      session.end();
      await closeStream(stream);
    }
  };

  function createSession(device: DeviceId, stream: Stream) {
    let seat: Seat | undefined;
    let memberSeat: MemberSeat | undefined;
    const deadline = setTimeout(cut, SEAT_DEADLINE_MS);
    const presence = createPresencePush(stream, () => seat?.present().map(idBytes), cut);
    const events = { onPresence: presence.changed, onRevoked: cut };

    function cut(): void {
      end();
      stream.abort(new Error('seat over'));
    }

    function end(): void {
      clearTimeout(deadline);
      presence.stop();
      seat?.leave();
      seat = undefined;
      memberSeat = undefined;
    }

    function send(reply: Reply): void {
      if (stream.writeStatus === 'writable') stream.send(encodeFrame(reply));
    }

    function welcome(role: 'member' | 'guest', taken: Seat): void {
      seat = taken;
      clearTimeout(deadline);
      send({ type: 'welcome', role, peers: taken.present().map(idBytes) });
    }

    function refuse(reason: Refusal, budget: TokenBucket): void {
      log.warn('access-refused', { reason });
      if (reason === 'wrong-code') budget.owe(clock(), WRONG_CODE_COST);
      send({ type: 'refused', reason });
    }

    /** False when the request makes no sense here. */
    function serve(request: Request, budget: TokenBucket): boolean {
      switch (request.type) {
        case 'enter': {
          if (seat !== undefined) return false;
          const result = book.enter(device, request.token, request.code, events);
          if (result.ok) {
            memberSeat = result.value;
            welcome('member', result.value);
          } else refuse(result.error, budget);
          return true;
        }
        case 'guest': {
          if (seat !== undefined) return false;
          const result = book.guest(device, request.token, events);
          if (result.ok) welcome('guest', result.value);
          else refuse(result.error, budget);
          return true;
        }
        case 'invite':
          if (memberSeat === undefined) return false;
          if (!memberSeat.invite(request.token_hash, request.expires)) refuse('full', budget);
          return true;
        case 'uninvite':
          if (memberSeat === undefined) return false;
          memberSeat.uninvite(request.token_hash);
          return true;
      }
    }

    return { serve, send, end };
  }
}

/** Tells presence, gathering changes and never queueing more than one list for a slow reader. */
function createPresencePush(
  stream: Stream,
  present: () => readonly Uint8Array[] | undefined,
  onStuck: () => void,
) {
  let timer: NodeJS.Timeout | undefined;
  let waiting = false;
  let dirty = false;

  function push(): void {
    timer = undefined;
    dirty = false;
    const peers = present();
    if (peers === undefined || stream.writeStatus !== 'writable') return;
    if (stream.send(encodeFrame({ type: 'peers', peers: [...peers] }))) return;
    waiting = true;
    timer = setTimeout(onStuck, SLOW_READER_MS);
  }

  function changed(): void {
    dirty = true;
    if (waiting || timer !== undefined) return;
    timer = setTimeout(push, PRESENCE_DELAY_MS);
  }

  function onDrain(): void {
    if (!waiting) return;
    waiting = false;
    clearTimeout(timer);
    timer = undefined;
    if (dirty) changed();
  }

  stream.addEventListener('drain', onDrain);
  return {
    changed,
    stop() {
      clearTimeout(timer);
      timer = undefined;
      stream.removeEventListener('drain', onDrain);
    },
  };
}

function encodeFrame(reply: Reply): Uint8Array {
  return encode.single(accessReply.encode(reply)).subarray();
}

async function closeStream(stream: Stream): Promise<void> {
  try {
    await stream.close({ signal: AbortSignal.timeout(STOP_MS) });
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('close failed'));
  }
}
