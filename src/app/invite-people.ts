import { encodeInviteLink, inviteKeys } from '../domain/circle/invite-link.ts';
import type { InviteId } from '../domain/ids.ts';
import { INVITE_SECONDS } from '../domain/limits.ts';
import { MAX_INVITES_PER_DEVICE } from '../domain/wire/access-messages.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { CircleState } from './circle-state.ts';
import type { Records } from './records.ts';

const SECRET_BYTES = 16;

/** Makes and takes back invites, and keeps the relay informed of the open ones. */
export interface Inviter {
  invite(): Promise<
    Result<{ readonly id: InviteId; readonly link: string; readonly expires: number }, 'disk-full'>
  >;
  revoke(id: InviteId): Promise<void>;
  /** Links of open invites made on this device. */
  links(): ReadonlyMap<InviteId, string>;
  /** After every change of the roster. */
  refresh(): void;
}

export interface InviterDeps {
  readonly state: CircleState;
  readonly records: Records;
  readonly environment: Environment;
  readonly network: Pick<Network, 'setInvites'>;
  /** Where the app is served: links begin with it. */
  readonly origin: string;
  readonly announce: (entry: Parameters<CircleState['merge']>[0]) => void;
}

export async function openInviter(deps: InviterDeps): Promise<Inviter> {
  const { state, records, environment } = deps;
  const links = new Map<InviteId, string>();
  for (const invite of state.roster.get().invites.keys()) {
    const found = await records.inviteLinks.read(invite);
    if (found !== undefined) links.set(invite, found.link);
  }

  function refresh(): void {
    const now = environment.now();
    // Used and revoked ones too: who comes with such a link can then be told so.
    const known = [...state.roster.get().invites.values()]
      .filter((invite) => invite.expires > now)
      .sort((a, b) => b.expires - a.expires)
      .slice(0, MAX_INVITES_PER_DEVICE);
    deps.network.setInvites(
      known.map((invite) => ({ tokenHash: invite.tokenHash, expires: invite.expires })),
    );
  }

  return {
    async invite() {
      const roster = state.roster.get();
      const secret = environment.random(SECRET_BYTES);
      const keys = inviteKeys(secret, state.circle);
      const expires = environment.now() + INVITE_SECONDS;
      const link = encodeInviteLink(deps.origin, {
        circle: state.circle,
        secret,
        inviter: roster.members.get(state.member)?.name ?? '',
        circleName: roster.name,
        inviterDevice: state.device.device,
        relays: roster.relays,
        expires,
      });
      const kept = await records.write([records.inviteLinks.put(keys.invite, { v: 1, link })]);
      if (!kept.ok) return fail('disk-full');
      const entry = await state.author({
        type: 'invite',
        invite: keys.invite,
        box: keys.boxPublic,
        token_hash: keys.tokenHash,
        expires,
        uses: 1,
      });
      if (!entry.ok) return fail('disk-full');
      links.set(keys.invite, link);
      deps.announce([entry.value.bytes]);
      return ok({ id: keys.invite, link, expires });
    },
    async revoke(id) {
      const entry = await state.author({ type: 'invite-revoke', invite: id });
      if (!entry.ok) return;
      links.delete(id);
      await records.write([records.inviteLinks.remove(id)]);
      deps.announce([entry.value.bytes]);
    },
    links: () => links,
    refresh,
  };
}
