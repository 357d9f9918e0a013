import type { Bytes } from '../domain/bytes.ts';
import type { DeviceId } from '../domain/ids.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import {
  peerReply,
  peerRequest,
  type PeerReply,
  type PeerRequest,
} from '../domain/wire/peer-messages.ts';
import type { CallError, Network } from '../ports/network.ts';

/** Typed requests to another device of the circle. */
export interface PeerCalls {
  /** One request, any reply of the protocol. */
  send(
    device: DeviceId,
    request: PeerRequest,
    options: AskOptions,
  ): Promise<Result<{ readonly reply: PeerReply; readonly body: Bytes }, CallError>>;
  /** One request and the one kind of reply that helps. */
  ask<T extends PeerReply['type']>(
    device: DeviceId,
    request: PeerRequest,
    expect: T,
    options: AskOptions,
  ): Promise<
    Result<{ readonly reply: Extract<PeerReply, { type: T }>; readonly body: Bytes }, AskError>
  >;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly maxBody?: number;
}

/** `refused`: it answered, and the answer is no. The rest: no answer that counts. */
export type AskError =
  | { readonly kind: 'refused'; readonly reason: Extract<PeerReply, { type: 'refused' }>['reason'] }
  | { readonly kind: 'no-answer'; readonly error: CallError };

export function createPeerCalls(network: Pick<Network, 'call'>): PeerCalls {
  const send: PeerCalls['send'] = async (device, request, options) => {
    const answer = await network.call('peer', device, peerRequest.encode(request), options);
    if (!answer.ok) return answer;
    const decoded = peerReply.decode(answer.value.payload);
    return decoded.ok ? ok({ reply: decoded.value, body: answer.value.body }) : fail('protocol');
  };
  return {
    send,
    async ask(device, request, expect, options) {
      const answer = await send(device, request, options);
      if (!answer.ok) return fail({ kind: 'no-answer', error: answer.error });
      const { reply, body } = answer.value;
      if (reply.type === 'refused') return fail({ kind: 'refused', reason: reply.reason });
      if (!isType(reply, expect)) return fail({ kind: 'no-answer', error: 'protocol' });
      return ok({ reply, body });
    },
  };
}

function isType<T extends PeerReply['type']>(
  reply: PeerReply,
  type: T,
): reply is Extract<PeerReply, { type: T }> {
  return reply.type === type;
}
