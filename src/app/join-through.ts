import type { Bytes } from '../domain/bytes.ts';
import { admitMessage } from '../domain/circle/entry-body.ts';
import { claimMessage } from '../domain/circle/claim.ts';
import { inviteKeys, type InviteLink } from '../domain/circle/invite-link.ts';
import { openPackage } from '../domain/circle/invite-package.ts';
import {
  circleIdOf,
  draftEntry,
  entryIdOf,
  readEntry,
  type RosterEntry,
} from '../domain/circle/roster-entry.ts';
import { foldRoster, type Roster } from '../domain/circle/roster.ts';
import { idBytes, type DeviceId, type EntryId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import { MAX_BODY_BYTES, MAX_ENTRY_HEADS } from '../domain/limits.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import { joinReply, joinRequest } from '../domain/wire/join-messages.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { MemberIdentity } from './member-identity.ts';
import type { DeviceClass, LinkProblem } from './view.ts';
import { deadline } from './waiting.ts';

const ANSWER_TIMEOUT_MS = 20_000;
/** More than a full roster has. */
const MAX_PAGES = 64;

/** All that a new member needs to start: the key of the circle and its roster. */
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

/** `no-answer`: nothing that ends the attempt; later, or someone else, may do better. */
type Attempt<T> = Result<T, LinkProblem | 'no-answer'>;

/** Asks one member's device to let us in: claims the invite, reads the roster, asks to be admitted. */
export async function joinThrough(
  deps: JoinCircleDeps,
  link: InviteLink,
  name: string,
  member: DeviceId,
  signal: AbortSignal,
): Promise<Attempt<JoinedCircle>> {
  const { circle } = link;
  const keys = inviteKeys(link.secret, circle);
  const ask = asking(deps, member, signal);
  const signature = keys.sign(claimMessage(circle, keys.invite, deps.device.device));
  const claimed = await ask({ type: 'claim', invite: keys.invite, signature });
  if (!claimed.ok) return claimed;
  if (claimed.value.type !== 'package') return fail('no-answer');
  const opened = openPackage(keys.boxSecret, claimed.value.body);
  if (!opened.ok || opened.value.circle !== circle) return fail('no-answer');
  const { epoch, epochKey } = opened.value;

  const rest = async (heads: readonly EntryId[], page: Page): Promise<Attempt<RosterEntry[]>> => {
    const all = readAll(page.entries);
    let { entries, more } = page;
    for (let pages = 0; more && pages < MAX_PAGES; pages++) {
      const last = entries.at(-1);
      if (last === undefined) break;
      const asked = { invite: keys.invite, heads: [...heads], after: entryIdOf(last) };
      const answer = await ask({ type: 'entries', ...asked });
      if (!answer.ok) return answer;
      if (answer.value.type !== 'entries') return fail('no-answer');
      ({ entries, more } = answer.value);
      all.push(...readAll(entries));
    }
    return ok(all);
  };
  const isIn = (roster: Roster) =>
    roster.devices.get(deps.device.device)?.member === deps.identity.member.member;
  const joined = (roster: Roster) => ok({ epoch, epochKey, entries: [...roster.entries.values()] });

  const received = await rest([], { entries: opened.value.entries, more: claimed.value.more });
  if (!received.ok) return received;
  const before = foldRoster(circle, received.value);
  if (!isWhole(before, link)) return fail('no-answer');
  // Let in before, by a welcome that got lost on its way.
  if (isIn(before)) return joined(before);

  const heads = before.heads.slice(0, MAX_ENTRY_HEADS);
  const own = await ownEntries(deps, heads, link, name);
  const admitted = await ask({ type: 'admit', entries: own.map((entry) => entry.bytes) });
  if (!admitted.ok) return admitted;
  if (admitted.value.type !== 'welcome') return fail('no-answer');
  const welcomed = await rest(heads, admitted.value);
  if (!welcomed.ok) return welcomed;
  const after = foldRoster(circle, [...received.value, ...welcomed.value]);
  // Nobody's word counts here: the fold itself must say that we are in.
  return isIn(after) ? joined(after) : fail('no-answer');
}

interface Page {
  readonly entries: readonly Bytes[];
  readonly more: boolean;
}

function asking(deps: JoinCircleDeps, member: DeviceId, parent: AbortSignal) {
  return async (request: Parameters<typeof joinRequest.encode>[0]) => {
    const limit = deadline(deps.environment, ANSWER_TIMEOUT_MS, parent);
    try {
      const answer = await deps.network.call('join', member, joinRequest.encode(request), {
        signal: limit.signal,
        maxBody: request.type === 'claim' ? MAX_BODY_BYTES : 0,
      });
      if (!answer.ok) return fail('no-answer' as const);
      const decoded = joinReply.decode(answer.value.payload);
      if (!decoded.ok) return fail('no-answer' as const);
      if (decoded.value.type === 'refused') return fail(problemOf(decoded.value.reason));
      return ok({ ...decoded.value, body: answer.value.body });
    } finally {
      limit.done();
    }
  };
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
  heads: readonly EntryId[],
  link: InviteLink,
  name: string,
): Promise<readonly RosterEntry[]> {
  const { circle } = link;
  const keys = inviteKeys(link.secret, circle);
  const { member } = deps.identity.member;
  const time = deps.environment.now();
  const consent = admitMessage(circle, { invite: keys.invite, member, name });
  const draft = draftEntry({
    circle,
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
    { circle, heads: [admit.id], time },
    deps.identity.generationBody(),
  );
  const place = { circle, heads: [generation.id], time };
  const device = await deps.identity.certify(place, deps.device, deps.deviceClass);
  return [admit, generation, device];
}

function readAll(all: readonly Bytes[]): RosterEntry[] {
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
