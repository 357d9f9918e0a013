import type { Bytes } from '../domain/bytes.ts';
import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId } from '../domain/ids.ts';
import { peerReply, peerRequest, type PeerReply } from '../domain/wire/peer-messages.ts';
import type { CallHandler } from '../ports/network.ts';
import type { CircleEpochs } from './circle-epochs.ts';
import type { CopyHolder } from './hold-copies.ts';
import type { CopyPlacer } from './place-copies.ts';
import type { CopyServer } from './serve-copies.ts';
import type { StoreOffers } from './store-offers.ts';
import type { RosterSync } from './sync-roster.ts';

export interface PeerServerDeps {
  readonly roster: () => Roster;
  readonly sync: RosterSync;
  readonly epochs: CircleEpochs;
  readonly holder: CopyHolder;
  readonly server: CopyServer;
  readonly placer: CopyPlacer;
  readonly offers: StoreOffers;
}

interface Reply {
  readonly reply: PeerReply;
  readonly body?: Bytes;
}

/**
 * Answers what other devices ask. A device that the roster does not list may only show entries that
 * make it a member, and be shown why it is one no more; anything else is denied before it is looked at.
 */
export function createPeerServer(deps: PeerServerDeps): CallHandler {
  async function answer(from: DeviceId, payload: Bytes): Promise<Reply | undefined> {
    const decoded = peerRequest.decode(payload);
    if (!decoded.ok) return undefined;
    const request = decoded.value;
    if (request.type === 'hello') return { reply: deps.sync.onHello(from, request) };
    if (request.type === 'roster_push') {
      return { reply: await deps.sync.onPush(from, request.entries) };
    }
    if (request.type === 'roster_fetch') {
      return { reply: deps.sync.onFetch(from, request.heads, request.after) };
    }
    const owner = deps.roster().devices.get(from)?.member;
    if (owner === undefined) return { reply: { type: 'refused', reason: 'denied' } };
    switch (request.type) {
      case 'epoch_fetch':
        return { reply: deps.epochs.onFetch(from, request.entry) };
      case 'store_request':
        deps.holder.onStoreRequest(from, request);
        return { reply: { type: 'ok' } };
      case 'store_offer': {
        const known = deps.offers.onOffer(from, request);
        return { reply: known ? { type: 'ok' } : { type: 'refused', reason: 'unknown' } };
      }
      case 'store_grant':
        return { reply: deps.holder.onGrant(from, owner, request) };
      case 'store_pull':
        return deps.placer.onPull(from, request.replica_id);
      case 'store_ack':
        return { reply: await deps.placer.onAck(from, request.receipt) };
      case 'store_refusal':
        deps.placer.onRefusal(from, request);
        return { reply: { type: 'ok' } };
      case 'challenge':
        return { reply: deps.server.onChallenge(from, request.count) };
      case 'retrieve_request':
        return deps.server.onRetrieve(from, request);
      case 'delete_request':
        return { reply: await deps.server.onDelete(from, request) };
    }
  }

  return async (from, payload) => {
    const answered = await answer(from, payload);
    if (answered === undefined) return undefined;
    const encoded = peerReply.encode(answered.reply);
    return answered.body === undefined
      ? { payload: encoded }
      : { payload: encoded, body: answered.body };
  };
}
