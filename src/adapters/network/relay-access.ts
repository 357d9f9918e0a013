import { toHex, type Bytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import {
  accessReply,
  accessRequest,
  MAX_ACCESS_FRAME_BYTES,
  MAX_INVITES_PER_DEVICE,
} from '../../domain/wire/access-messages.ts';
import type { AccessRefusal, RelayAccess } from '../../ports/network.ts';
import type { Duplex } from './duplex.ts';
import { createVarintReader, withVarintLength } from './varint-frames.ts';

/** A place at a relay for as long as the stream lives. */
export interface AccessSession {
  /** Replaces the invites; guests have none to give. */
  setInvites(invites: readonly Invite[]): void;
  /** Gives the place up. */
  readonly leave: () => void;
}

export interface Invite {
  readonly tokenHash: Bytes;
  /** Unix seconds. */
  readonly expires: number;
}

export interface AccessEvents {
  /** Once, unless refused or ended first. */
  onWelcome(): void;
  onRefused(reason: AccessRefusal): void;
  onPresent(devices: readonly DeviceId[]): void;
  /** The last event, always. */
  onEnd(): void;
}

/** The client's side of `/quloud/access/1`. What is no reply ends the stream. */
export function openAccess(
  duplex: Duplex,
  access: RelayAccess,
  events: AccessEvents,
): AccessSession {
  /** Token hash in hex to what the relay was told. */
  const told = new Map<string, Invite>();
  let wanted: readonly Invite[] = [];
  let welcome = false;
  let over = false;

  const reader = createVarintReader(MAX_ACCESS_FRAME_BYTES, (frame) => {
    const reply = accessReply.decode(frame);
    if (!reply.ok) return false;
    switch (reply.value.type) {
      case 'welcome':
        if (welcome) return false;
        welcome = true;
        events.onPresent(reply.value.peers);
        tellInvites();
        events.onWelcome();
        return true;
      case 'peers':
        if (!welcome) return false;
        events.onPresent(reply.value.peers);
        return true;
      case 'refused':
        // After the welcome it is about an invite too many; the seat stays.
        if (!welcome) events.onRefused(refusalOf(reply.value.reason));
        return true;
    }
  });

  duplex.open(
    (bytes) => {
      if (!over && !reader.push(bytes)) duplex.abort('protocol violation');
    },
    () => {
      if (over) return;
      over = true;
      events.onEnd();
    },
  );
  send(
    access.kind === 'member'
      ? { type: 'enter', token: access.namespaceToken, code: access.code ?? null }
      : { type: 'guest', token: access.inviteToken },
  );

  return {
    setInvites(invites) {
      wanted = invites.slice(-MAX_INVITES_PER_DEVICE);
      tellInvites();
    },
    leave() {
      if (!over) duplex.abort('leaving');
    },
  };

  function tellInvites(): void {
    if (!welcome || access.kind === 'guest') return;
    const now = new Map(wanted.map((invite) => [toHex(invite.tokenHash), invite]));
    for (const [hash, { tokenHash }] of told) {
      if (now.has(hash)) continue;
      told.delete(hash);
      send({ type: 'uninvite', token_hash: tokenHash });
    }
    for (const [hash, invite] of now) {
      if (told.get(hash)?.expires === invite.expires) continue;
      told.set(hash, invite);
      send({ type: 'invite', token_hash: invite.tokenHash, expires: invite.expires });
    }
  }

  function send(request: Parameters<typeof accessRequest.encode>[0]): void {
    if (over) return;
    try {
      // A few hundred bytes at most are ever under way, so there is no waiting for room.
      duplex.send(withVarintLength(accessRequest.encode(request)));
    } catch {
      duplex.abort('cannot write');
    }
  }
}

function refusalOf(
  reason: 'code-needed' | 'wrong-code' | 'unknown-invite' | 'full' | 'bad-request',
): AccessRefusal {
  return reason === 'bad-request' ? 'refused' : reason;
}
