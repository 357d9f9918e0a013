import type { Bytes } from '../domain/bytes.ts';
import { admitMessage } from '../domain/circle/entry-body.ts';
import { claimMessage } from '../domain/circle/claim.ts';
import { inviteKeys, type InviteLink } from '../domain/circle/invite-link.ts';
import { openPackage } from '../domain/circle/invite-package.ts';
import {
  circleIdOf,
  draftEntry,
  readEntry,
  type RosterEntry,
} from '../domain/circle/roster-entry.ts';
import { foldRoster, type Roster } from '../domain/circle/roster.ts';
import { idBytes, type DeviceId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import { MAX_BODY_BYTES, MAX_ENTRY_HEADS } from '../domain/limits.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import { joinReply, joinRequest } from '../domain/wire/join-messages.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { MemberIdentity } from './member-identity.ts';
import type { DeviceClass, LinkProblem } from './view.ts';
import { deadline, pause } from './waiting.ts';

const JOIN_TIMEOUT_MS = 20_000;
const RETRY_MS = 1_500;

/** All that a new member needs to start: what the package brought and the entries it wrote. */
export interface JoinedCircle {
  readonly epoch: number;
  readonly epochKey: Bytes;
  readonly entries: readonly RosterEntry[];
}

export interface JoinCircleDeps {
  readonly network: Pick<Network, 'setRelays' | 'present' | 'call'>;
  readonly environment: Environment;
  readonly crypto: CryptoPool;
  readonly identity: MemberIdentity;
  readonly device: DeviceKey;
  readonly deviceClass: DeviceClass;
}

/**
 * Asks members who are online, the inviter first, until one lets us in; waits for one as long as
 * the signal lives. Ends early only on an answer that waiting cannot change.
 */
export async function joinCircle(
  deps: JoinCircleDeps,
  link: InviteLink,
  name: string,
  signal: AbortSignal,
): Promise<Result<JoinedCircle, LinkProblem | 'cancelled'>> {
  const keys = inviteKeys(link.secret, link.circle);
  deps.network.setRelays(link.relays, { kind: 'guest', inviteToken: keys.relayToken });
  const arrivals = createArrivals(deps.network);
  try {
    while (!signal.aborted) {
      const present = [...deps.network.present.get()].filter((one) => one !== deps.device.device);
      present.sort((a, b) => Number(b === link.inviterDevice) - Number(a === link.inviterDevice));
      for (const member of present) {
        const joined = await joinThrough(deps, link, name, member, signal);
        if (joined.ok || joined.error !== 'no-answer')
          return joined as Result<JoinedCircle, LinkProblem>;
      }
      await Promise.race([arrivals.next(), pause(deps.environment, RETRY_MS, signal)]);
    }
    return fail('cancelled');
  } finally {
    arrivals.stop();
  }
}

async function joinThrough(
  deps: JoinCircleDeps,
  link: InviteLink,
  name: string,
  member: DeviceId,
  parent: AbortSignal,
): Promise<Result<JoinedCircle, LinkProblem | 'no-answer'>> {
  const { device } = deps;
  const limit = deadline(deps.environment, JOIN_TIMEOUT_MS, parent);
  const keys = inviteKeys(link.secret, link.circle);
  try {
    const claim = joinRequest.encode({
      type: 'claim',
      invite: keys.invite,
      signature: keys.sign(claimMessage(link.circle, keys.invite, device.device)),
    });
    const claimed = await ask(deps, member, claim, limit.signal, MAX_BODY_BYTES);
    if (!claimed.ok) return claimed;
    if (claimed.value.type !== 'package') return fail('no-answer');
    const opened = openPackage(keys.boxSecret, claimed.value.body);
    if (!opened.ok || opened.value.circle !== link.circle) return fail('no-answer');
    const { epoch, epochKey } = opened.value;
    const received = readAll(opened.value.entries);
    const before = foldRoster(link.circle, received);
    if (!isWhole(before, link)) return fail('no-answer');

    // Let in before, by a welcome that got lost on its way.
    const known = before.devices.get(device.device)?.member;
    if (known === deps.identity.member.member) return ok({ epoch, epochKey, entries: received });

    const own = await ownEntries(deps, before, link, name);
    const admit = joinRequest.encode({ type: 'admit', entries: own.map((entry) => entry.bytes) });
    const admitted = await ask(deps, member, admit, limit.signal, 0);
    if (!admitted.ok) return admitted;
    if (admitted.value.type !== 'welcome') return fail('no-answer');
    const counterSign = readEntry(admitted.value.counter_sign);
    if (!counterSign.ok) return fail('no-answer');
    const entries = [...received, ...own, counterSign.value];
    const after = foldRoster(link.circle, entries);
    // Nobody's word counts here: the fold itself must say that we are in.
    if (!after.devices.has(device.device)) return fail('no-answer');
    return ok({ epoch, epochKey, entries: [...after.entries.values()] });
  } finally {
    limit.done();
  }
}

async function ask(
  deps: JoinCircleDeps,
  member: DeviceId,
  payload: Bytes,
  signal: AbortSignal,
  maxBody: number,
) {
  const answer = await deps.network.call('join', member, payload, { signal, maxBody });
  if (!answer.ok) return fail('no-answer' as const);
  const decoded = joinReply.decode(answer.value.payload);
  if (!decoded.ok) return fail('no-answer' as const);
  if (decoded.value.type === 'refused') return fail(problemOf(decoded.value.reason));
  return ok({ ...decoded.value, body: answer.value.body });
}

function problemOf(reason: string): LinkProblem | 'no-answer' {
  switch (reason) {
    case 'expired':
    case 'revoked':
    case 'used':
    case 'circle-full':
      return reason;
    default:
      // `unknown`: this member has not heard of the invite yet; another may have.
      return 'no-answer';
  }
}

/** admit, generation, device: written after what the package showed. */
async function ownEntries(
  deps: JoinCircleDeps,
  roster: Roster,
  link: InviteLink,
  name: string,
): Promise<readonly RosterEntry[]> {
  const keys = inviteKeys(link.secret, link.circle);
  const { member } = deps.identity.member;
  const time = deps.environment.now();
  const heads = roster.heads.slice(0, MAX_ENTRY_HEADS);
  const consent = admitMessage(link.circle, { invite: keys.invite, member, name });
  const draft = draftEntry({
    circle: link.circle,
    author: idBytes(keys.invite),
    heads,
    time,
    body: {
      type: 'admit',
      invite: keys.invite,
      member,
      name,
      member_signature: await deps.crypto.sign('root', consent),
    },
  });
  const admit = draft.finish(keys.sign(draft.message));
  const generation = await deps.identity.rootEntry(
    { circle: link.circle, heads: [admit.id], time },
    deps.identity.generationBody(),
  );
  const device = await deps.identity.certify(
    { circle: link.circle, heads: [generation.id], time },
    deps.device,
    deps.deviceClass,
  );
  return [admit, generation, device];
}

function readAll(all: readonly Bytes[]): readonly RosterEntry[] {
  return all.flatMap((bytes) => {
    const read = readEntry(bytes);
    return read.ok ? [read.value] : [];
  });
}

/** The link names the circle by its genesis: a package about another one is worth nothing. */
function isWhole(roster: Roster, link: InviteLink): boolean {
  return [...roster.entries.values()].some(
    (entry) => entry.body.type === 'genesis' && circleIdOf(entry) === link.circle,
  );
}

/** Resolves when the relay's list of present members changes. */
function createArrivals(network: Pick<Network, 'present'>) {
  let wake: () => void = () => undefined;
  const unsubscribe = network.present.subscribe(() => {
    wake();
  });
  return {
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
    stop: unsubscribe,
  };
}
