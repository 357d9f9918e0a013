import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { createMemberAdmission, type MemberAdmissionDeps } from '../../../src/app/admit-members.ts';
import { createCircleState } from '../../../src/app/circle-state.ts';
import { createCircle } from '../../../src/app/create-circle.ts';
import { openInviter } from '../../../src/app/invite-people.ts';
import { joinCircle } from '../../../src/app/join-circle.ts';
import { createMemberIdentity } from '../../../src/app/member-identity.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { decodeInviteLink, inviteKeys } from '../../../src/domain/circle/invite-link.ts';
import type { DeviceId } from '../../../src/domain/ids.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { verifyEd25519 } from '../../../src/domain/identity/signatures.ts';
import { createObservable, type Observable } from '../../../src/domain/observable.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import { createProfile } from './holder-parts.ts';

export type Break = (deps: MemberAdmissionDeps) => Partial<MemberAdmissionDeps>;

/** A founder who invites and admits, over records that survive `reopen`. */
export async function createFounder(seed: string, broken: Break = () => ({})) {
  const profile = createProfile(seed);
  const { environment, records, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  const identity = createMemberIdentity(crypto, (await crypto.createMember()).member);
  const device = deviceKeyOf(environment.random(32));
  const created = await createCircle(
    { environment, identity, device, deviceClass: 'tab' },
    { circleName: 'Family', yourName: 'Ana', relays: [] },
  );
  const { circle, epoch, epochKey } = created;
  const { member } = identity.member;
  await records.write(
    created.entries.map((entry) => ({ collection: 'roster', key: entry.id, value: entry.bytes })),
  );

  async function open() {
    const { records: known } = await records.raw.entries('roster');
    const state = createCircleState({
      records,
      environment,
      circle,
      member,
      device,
      known: known.map(([, bytes]) => bytes),
    });
    const plain: MemberAdmissionDeps = {
      state,
      records,
      environment,
      epoch: () => ({ number: epoch, key: epochKey }),
      announce: () => undefined,
      verify: verifyEd25519,
    };
    const admission = createMemberAdmission({ ...plain, ...broken(plain) });
    const inviter = await openInviter({
      state,
      records,
      environment,
      network: { setInvites: () => undefined },
      origin: 'https://quloud.test',
      announce: () => undefined,
    });
    return { state, admission, inviter };
  }
  const opened = await open();

  async function invite() {
    const made = await opened.inviter.invite();
    const link = made.ok ? decodeInviteLink(made.value.link) : made;
    if (!made.ok || !link.ok) throw new Error('no invite');
    const keys = inviteKeys(link.value.secret, circle);
    return { text: made.value.link, link: link.value, keys };
  }
  return { ...profile, ...opened, circle, epochKey, device, member, invite, reopen: open };
}

export type Founder = Awaited<ReturnType<typeof createFounder>>;
export type Invite = Awaited<ReturnType<Founder['invite']>>;

/** Someone with a link, and what passed between them and the member that they asked. */
export async function createJoiner(founder: Founder, name: string) {
  const profile = createProfile(name);
  const { environment, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  const identity = createMemberIdentity(crypto, (await crypto.createMember()).member);
  const device = deviceKeyOf(environment.random(32));
  const heard: Bytes[] = [];
  return {
    ...profile,
    crypto,
    identity,
    device,
    /** All bytes that were sent to this joiner. */
    heard,
    join(
      { link }: Invite,
      through: {
        onJoin(from: DeviceId, payload: Bytes): ReturnType<Founder['admission']['onJoin']>;
        /** Who is there; the founder by default. */
        readonly present?: Observable<ReadonlySet<DeviceId>>;
        readonly isSilent?: (to: DeviceId) => boolean;
      } = founder.admission,
      signal: AbortSignal = new AbortController().signal,
    ) {
      return joinCircle(
        {
          environment,
          crypto,
          identity,
          device,
          deviceClass: 'tab',
          network: {
            setRelays: () => undefined,
            present:
              through.present ??
              createObservable<ReadonlySet<DeviceId>>(new Set([founder.device.device])),
            async call(_lane, to, payload) {
              if (through.isSilent?.(to) === true) return fail('gone');
              const answer = await through.onJoin(device.device, payload);
              if (answer === undefined) return fail('refused');
              const body = answer.body ?? new Uint8Array();
              heard.push(answer.payload, body);
              return ok({ payload: answer.payload, body });
            },
          },
        },
        link,
        name,
        signal,
      );
    },
  };
}

export function activeNames(founder: Pick<Founder, 'state'>): readonly string[] {
  return [...founder.state.roster.get().members.values()]
    .filter((one) => one.status === 'active')
    .map((one) => one.name);
}
