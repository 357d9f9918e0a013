import type { Bytes } from '../domain/bytes.ts';
import { claimMessage, decideClaim } from '../domain/circle/claim.ts';
import { fitting, sealPackage } from '../domain/circle/invite-package.ts';
import { readEntry } from '../domain/circle/roster-entry.ts';
import { missingFrom, type Roster, type RosterInvite } from '../domain/circle/roster.ts';
import { idBytes, type DeviceId, type EntryId, type InviteId } from '../domain/ids.ts';
import type { verifyEd25519 } from '../domain/identity/signatures.ts';
import { MAX_MEMBERS } from '../domain/limits.ts';
import { joinReply, joinRequest, type JoinRequest } from '../domain/wire/join-messages.ts';
import type { Environment } from '../ports/environment.ts';
import type { CircleEpoch } from './circle-epochs.ts';
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
  readonly epoch: () => CircleEpoch;
  readonly announce: (entries: readonly Bytes[]) => void;
  readonly verify: typeof verifyEd25519;
}

type EntriesRequest = Extract<JoinRequest, { type: 'entries' }>;
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
    if (known === undefined) return refused('unknown');
    // Whoever is in gets it again whatever became of the invite: an answer may have been lost.
    if (!roster.devices.has(from)) {
      const taken = await takeUse(from, known);
      if (taken !== 'taken') return taken === 'disk-full' ? undefined : refused(taken);
    }
    const entries = [...roster.entries.values()].map((entry) => entry.bytes);
    const epoch = deps.epoch();
    const body = sealPackage(known.box, environment.random(32), {
      circle: state.circle,
      epoch: epoch.number,
      epochKey: epoch.key,
      entries,
    });
    const more = fitting(entries).length < entries.length;
    return { payload: joinReply.encode({ type: 'package', more }), body };
  }

  async function takeUse(
    from: DeviceId,
    invite: RosterInvite,
  ): Promise<'taken' | 'disk-full' | Refusal> {
    // Nobody knows any more who had it: it is taken to be used up.
    if (await records.claims.isDamaged(invite.invite)) return 'used';
    const claims = await claimsOf(invite.invite);
    const decision = decideClaim({ invite, claims, device: from, now: environment.now() });
    if (!decision.ok) return decision.error;
    if (activeMembers(state.roster.get()) >= MAX_MEMBERS) return 'circle-full';
    if (decision.value === 'again') return 'taken';
    const devices = [...claims, from];
    const record = records.claims.put(invite.invite, { v: 1, invite: invite.invite, devices });
    const written = await records.write([record]);
    return written.ok ? 'taken' : 'disk-full';
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
    // In already, by a welcome that got lost: there is nothing to add.
    if (state.roster.get().devices.get(from)?.member === member) return welcome(entry.heads);
    const refusal = await refusalOf(from, invite);
    if (refusal !== undefined) return refused(refusal);
    // Before anything is kept: a claim lets its device in, it does not let it fill the roster.
    const known = state.roster.get().invites.get(invite);
    const isFull = known === undefined || known.admitted.length >= known.uses;
    if (isFull && known?.admitted.includes(member) !== true) return refused('used');
    const joiner = state.preview(entries).members.get(member);
    if (joiner?.devices.has(from) !== true) return refused('bad-request');
    if (joiner.status === 'removed') return refused('revoked');
    // Others may have come in since the claim.
    const isNew = joiner.status === 'provisional';
    if (isNew && activeMembers(state.roster.get()) >= MAX_MEMBERS) return refused('circle-full');
    await state.merge(entries);
    if (!state.roster.get().entries.has(entry.id)) return undefined;
    if (isNew) {
      const signed = await state.author({ type: 'counter-sign', admit: entry.id });
      if (!signed.ok) return undefined;
      deps.announce([...entries, signed.value.bytes]);
    }
    if (state.roster.get().members.get(member)?.status !== 'active') return refused('used');
    return welcome(entry.heads);
  }

  /** All that someone lacks who knows these entries; the counter-signature is among it. */
  function welcome(heads: readonly EntryId[]) {
    return { payload: joinReply.encode({ type: 'welcome', ...pageFor({ heads }) }) };
  }

  async function entriesFor(from: DeviceId, request: EntriesRequest) {
    const isIn = state.roster.get().devices.has(from);
    const refusal = isIn ? undefined : await refusalOf(from, request.invite);
    if (refusal !== undefined) return refused(refusal);
    return { payload: joinReply.encode({ type: 'entries', ...pageFor(request) }) };
  }

  function pageFor(asked: { readonly heads: readonly EntryId[]; readonly after?: EntryId }) {
    const { entries, more } = missingFrom(state.roster.get(), asked.heads, { after: asked.after });
    return { entries: entries.map((entry) => entry.bytes), more };
  }

  /** Why a device may not go on; undefined if it claimed this invite and may still use it. */
  async function refusalOf(from: DeviceId, invite: InviteId): Promise<Refusal | undefined> {
    const claims = await claimsOf(invite);
    if (!claims.includes(from)) return 'used';
    const known = state.roster.get().invites.get(invite);
    const decision = decideClaim({ invite: known, claims, device: from, now: environment.now() });
    return decision.ok ? undefined : decision.error;
  }

  async function claimsOf(invite: InviteId): Promise<readonly DeviceId[]> {
    return (await records.claims.read(invite))?.devices ?? [];
  }

  return {
    async onJoin(from, payload) {
      const decoded = joinRequest.decode(payload);
      if (!decoded.ok) return refused('bad-request');
      const request = decoded.value;
      return serial(() => {
        switch (request.type) {
          case 'claim':
            return claim(from, request.invite, request.signature);
          case 'admit':
            return admit(from, request.entries);
          case 'entries':
            return entriesFor(from, request);
        }
      });
    },
  };
}

function refused(reason: Refusal) {
  return { payload: joinReply.encode({ type: 'refused', reason }) };
}

function activeMembers(roster: Roster): number {
  return [...roster.members.values()].filter((member) => member.status === 'active').length;
}
