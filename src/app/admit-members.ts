import type { Bytes } from '../domain/bytes.ts';
import { claimMessage, decideClaim } from '../domain/circle/claim.ts';
import { sealPackage } from '../domain/circle/invite-package.ts';
import { readEntry } from '../domain/circle/roster-entry.ts';
import type { Roster } from '../domain/circle/roster.ts';
import { idBytes, type DeviceId, type InviteId } from '../domain/ids.ts';
import type { verifyEd25519 } from '../domain/identity/signatures.ts';
import { MAX_MEMBERS } from '../domain/limits.ts';
import { joinReply, joinRequest } from '../domain/wire/join-messages.ts';
import type { Environment } from '../ports/environment.ts';
import type { CircleState } from './circle-state.ts';
import type { Records } from './records.ts';
import { createSerial } from './serial.ts';

/**
 * A member's side of an invite: hands the package to whoever claims it first, under the claim rule,
 * and counter-signs. Claims are on disk before the package leaves.
 */
export interface MemberAdmission {
  /** Answers one request on the join lane. */
  onJoin(
    from: DeviceId,
    payload: Bytes,
  ): Promise<{ readonly payload: Bytes; readonly body?: Bytes } | undefined>;
}

export interface MemberAdmissionDeps {
  readonly state: CircleState;
  readonly records: Records;
  readonly environment: Environment;
  readonly epoch: number;
  readonly epochKey: Bytes;
  readonly announce: (entries: readonly Bytes[]) => void;
  readonly verify: typeof verifyEd25519;
}

type Refusal = 'unknown' | 'expired' | 'revoked' | 'used' | 'circle-full' | 'bad-request';

export function createMemberAdmission(deps: MemberAdmissionDeps): MemberAdmission {
  const { state, records, environment } = deps;
  /** One at a time: two joiners racing for one use are served in turn. */
  const serial = createSerial();

  async function claim(from: DeviceId, invite: InviteId, signature: Bytes) {
    const message = claimMessage(state.circle, invite, from);
    if (!deps.verify(idBytes(invite), message, signature)) return refused('bad-request');
    const roster = state.roster.get();
    const known = roster.invites.get(invite);
    // Nobody knows any more who had it: it is taken to be used up.
    if (await records.claims.isDamaged(invite)) return refused('used');
    const before = (await records.claims.read(invite))?.devices ?? [];
    const decision = decideClaim({
      invite: known,
      claims: before,
      device: from,
      now: environment.now(),
    });
    if (!decision.ok) return refused(decision.error);
    if (activeMembers(roster) >= MAX_MEMBERS) return refused('circle-full');
    if (known === undefined) return refused('unknown');
    if (decision.value === 'new') {
      const claims = { v: 1 as const, invite, devices: [...before, from] };
      const written = await records.write([records.claims.put(invite, claims)]);
      if (!written.ok) return undefined;
    }
    const body = sealPackage(known.box, environment.random(32), {
      circle: state.circle,
      epoch: deps.epoch,
      epochKey: deps.epochKey,
      entries: [...roster.entries.values()].map((entry) => entry.bytes),
    });
    return { payload: joinReply.encode({ type: 'package' }), body };
  }

  async function admit(from: DeviceId, entries: readonly Bytes[]) {
    const admits = entries.flatMap((bytes) => {
      const read = readEntry(bytes);
      return read.ok && read.value.body.type === 'admit'
        ? [{ ...read.value, body: read.value.body }]
        : [];
    });
    const entry = admits[0];
    if (admits.length !== 1 || entry === undefined) return refused('bad-request');
    const { invite, member } = entry.body;
    const claims = (await records.claims.read(invite))?.devices ?? [];
    if (!claims.includes(from)) return refused('used');
    // Before anything is kept: a claim lets its device in, it does not let it fill the roster.
    const known = state.roster.get().invites.get(invite);
    const isFull = known === undefined || known.admitted.length >= known.uses;
    if (isFull && known?.admitted.includes(member) !== true) return refused('used');
    const after = state.preview(entries);
    const joiner = after.members.get(member);
    if (joiner?.devices.has(from) !== true) return refused('bad-request');
    if (joiner.status === 'removed') return refused('revoked');
    // Others may have come in since the claim.
    const isNew = joiner.status === 'provisional';
    if (isNew && activeMembers(state.roster.get()) >= MAX_MEMBERS) return refused('circle-full');
    await state.merge(entries);
    if (isNew) {
      const signed = await state.author({ type: 'counter-sign', admit: entry.id });
      if (signed === undefined) return undefined;
      deps.announce([...entries, signed.bytes]);
    }
    if (state.roster.get().members.get(member)?.status !== 'active') return refused('used');
    const counterSign = counterSignOf(state.roster.get(), entry.id);
    if (counterSign === undefined) return refused('used');
    return { payload: joinReply.encode({ type: 'welcome', counter_sign: counterSign }) };
  }

  return {
    async onJoin(from, payload) {
      const decoded = joinRequest.decode(payload);
      if (!decoded.ok) return refused('bad-request');
      const request = decoded.value;
      return serial(() =>
        request.type === 'claim'
          ? claim(from, request.invite, request.signature)
          : admit(from, request.entries),
      );
    },
  };
}

function refused(reason: Refusal) {
  return { payload: joinReply.encode({ type: 'refused', reason }) };
}

function activeMembers(roster: Roster): number {
  return [...roster.members.values()].filter((member) => member.status === 'active').length;
}

function counterSignOf(roster: Roster, admit: string): Bytes | undefined {
  for (const entry of roster.entries.values()) {
    if (entry.body.type === 'counter-sign' && entry.body.admit === admit) return entry.bytes;
  }
  return undefined;
}
