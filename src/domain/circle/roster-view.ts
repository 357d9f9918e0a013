import type { MemberId } from '../ids.ts';
import { MAX_DEVICES, MAX_MEMBERS } from '../limits.ts';
import { epochOf } from './roster-epochs.ts';
import type { Roster, RosterDevice, RosterInvite, RosterMember } from './roster.ts';
import type { DeviceRecord, GenerationRecord, Ledger, MemberRecord } from './roster-ledger.ts';

/** So that one member cannot fill the circle's places for devices. The newest ones count. */
export const MAX_DEVICES_PER_MEMBER = 16;

const NOBODY = '0'.repeat(64) as MemberId;

/** The settled ledger as others see it. */
export function viewOf(ledger: Ledger): Roster {
  const { dag } = ledger;
  const members = membersOf(ledger);
  const { epoch, outsiders } = epochOf(ledger, members);
  return {
    circle: ledger.circle,
    name: ledger.name,
    founder: ledger.founder ?? NOBODY,
    relays: ledger.relays,
    heads: dag.heads,
    entries: new Map(dag.nodes.map(({ entry }) => [entry.id, entry])),
    members,
    devices: devicesOf(members),
    invites: new Map(
      [...ledger.invites].map(
        ([id, { slot, createdBy, body, revokes, taken }]): [typeof id, RosterInvite] => [
          id,
          {
            invite: id,
            createdBy,
            created: dag.nodes[slot]?.entry.time ?? 0,
            box: body.box,
            tokenHash: body.token_hash,
            expires: body.expires,
            uses: body.uses,
            revoked: revokes.length > 0 || members.get(createdBy)?.status === 'removed',
            admitted: taken,
          },
        ],
      ),
    ),
    conflict: outsiders.some((member) => ledger.surplus.has(member)),
    epoch,
    outsiders,
  };
}

function membersOf(ledger: Ledger): ReadonlyMap<MemberId, RosterMember> {
  const removed = new Set(
    [...ledger.members.keys()].filter((member) =>
      ledger.struck.onMember(member).some((strike) => strike.kind === 'member'),
    ),
  );
  const isIn = (record: MemberRecord) =>
    record.member === ledger.founder || record.joins.length > 0;
  const cameIn = [...ledger.members.values()]
    .filter((record) => isIn(record) || removed.has(record.member))
    .sort((a, b) => cameAt(ledger, a) - cameAt(ledger, b));
  const asked = [...ledger.members.values()]
    .filter((record) => !isIn(record) && !removed.has(record.member))
    .sort((a, b) => cameAt(ledger, a) - cameAt(ledger, b));
  const devices = Map.groupBy(ledger.devices.values(), (device) => device.member);

  const members = new Map<MemberId, RosterMember>();
  [...cameIn, ...asked.slice(0, MAX_MEMBERS)].forEach((record, seniority) => {
    const { member } = record;
    const admit = record.joins[0]?.admit ?? record.admits[0];
    const invitedBy = admit && ledger.invites.get(admit.invite)?.createdBy;
    const current = currentGeneration(record);
    const isBranch = invitedBy === undefined || invitedBy === ledger.founder;
    members.set(member, {
      member,
      name: admit?.name ?? founderName(ledger),
      status: removed.has(member) ? 'removed' : isIn(record) ? 'active' : 'provisional',
      seniority,
      invitedBy,
      // Whoever invites came in before, so their branch is known already.
      branch: isBranch ? member : (members.get(invitedBy)?.branch ?? member),
      generation: current?.generation ?? 0,
      signKey: current?.signKey,
      sealKey: current?.sealKey,
      devices: certifiedIn(ledger, current, devices.get(member) ?? []),
    });
  });
  return members;
}

/** The order people came in; those who only asked come after. */
function cameAt(ledger: Ledger, record: MemberRecord): number {
  if (record.member === ledger.founder) return -1;
  return record.joins[0]?.slot ?? ledger.dag.nodes.length + (record.admits[0]?.slot ?? 0);
}

function founderName(ledger: Ledger): string {
  const first = ledger.dag.nodes[0]?.entry.body;
  return first?.type === 'genesis' ? first.founder_name : '';
}

/** The newest; of two with one number the first in order. */
function currentGeneration(record: MemberRecord): GenerationRecord | undefined {
  return record.generations.reduce<GenerationRecord | undefined>(
    (best, next) => (best === undefined || next.generation > best.generation ? next : best),
    undefined,
  );
}

function certifiedIn(
  ledger: Ledger,
  current: GenerationRecord | undefined,
  records: readonly DeviceRecord[],
): ReadonlyMap<RosterDevice['device'], RosterDevice> {
  const certified = records
    .filter(({ device }) => ledger.struck.onDevice(device).length === 0)
    .flatMap((record) => {
      const [newest] = record.certificates
        .filter((certificate) => certificate.generationSlot === current?.slot)
        .sort((a, b) => b.body.counter - a.body.counter || a.slot - b.slot);
      return newest === undefined ? [] : [newest];
    })
    .sort((a, b) => a.slot - b.slot)
    .slice(-MAX_DEVICES_PER_MEMBER);
  return new Map(
    certified.map(({ body }) => [
      body.device,
      {
        device: body.device,
        member: body.member,
        box: body.box,
        deviceClass: body.class,
        label: body.label,
        generation: body.generation,
      },
    ]),
  );
}

function devicesOf(members: ReadonlyMap<MemberId, RosterMember>): Roster['devices'] {
  const devices = [...members.values()]
    .filter((member) => member.status === 'active')
    .flatMap((member) => [...member.devices.values()]);
  return new Map(devices.slice(0, MAX_DEVICES).map((device) => [device.device, device]));
}
