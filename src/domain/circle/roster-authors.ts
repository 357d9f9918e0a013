import { toHex } from '../bytes.ts';
import type { DeviceId, MemberId } from '../ids.ts';
import type { Node } from './roster-dag.ts';
import { wasKnown, type Certificate, type Ledger } from './roster-ledger.ts';
import type { Act } from './roster-strikes.ts';

/** For whom an entry speaks, by what its author had seen; undefined if for nobody. */
export function authorOf(ledger: Ledger, node: Node): Act | undefined {
  const { entry, slot } = node;
  const { author, body } = entry;
  const act = { entry, slot, device: undefined, generation: undefined };
  switch (body.type) {
    case 'genesis':
      return { ...act, as: 'root', member: author as MemberId };
    case 'generation':
      return rootAct();
    case 'admit':
      return author === body.invite ? { ...act, as: 'invite', member: undefined } : undefined;
    case 'device': {
      const { member, generation } = body;
      const signed = generationOf(ledger, member, generation, author, slot) !== undefined;
      return signed ? { ...act, as: 'generation', member, generation } : undefined;
    }
    case 'device-revoke':
      return rootAct() ?? deviceAct();
    default:
      return deviceAct();
  }

  function rootAct(): Act | undefined {
    const member = author as MemberId;
    return wasKnown(ledger, member, slot) ? { ...act, as: 'root', member } : undefined;
  }

  function deviceAct(): Act | undefined {
    const device = author as DeviceId;
    const certificate = certificateAt(ledger, device, slot);
    if (certificate === undefined) return undefined;
    const { member, generation } = certificate.body;
    return { ...act, as: 'device', member, device, generation };
  }
}

/** The generation entry whose sign key is `key`, if the author of the entry at `slot` had seen it. */
export function generationOf(
  ledger: Ledger,
  member: MemberId,
  generation: number,
  key: string,
  slot: number,
) {
  return ledger.members
    .get(member)
    ?.generations.find(
      (known) =>
        known.generation === generation &&
        ledger.dag.isBefore(known.slot, slot) &&
        toHex(known.signKey) === key,
    );
}

/** The certificate of the newest generation that the author of the entry at `slot` had seen. */
export function certificateAt(
  ledger: Ledger,
  device: DeviceId,
  slot: number,
): Certificate | undefined {
  let newest: Certificate | undefined;
  for (const certificate of ledger.devices.get(device)?.certificates ?? []) {
    if (!ledger.dag.isBefore(certificate.slot, slot)) continue;
    if (newest === undefined || certificate.body.generation > newest.body.generation) {
      newest = certificate;
    }
  }
  return newest;
}
