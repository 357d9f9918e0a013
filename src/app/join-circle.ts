import { inviteKeys, type InviteLink } from '../domain/circle/invite-link.ts';
import type { DeviceId } from '../domain/ids.ts';
import { fail, type Result } from '../domain/result.ts';
import type { Network } from '../ports/network.ts';
import { joinThrough, type JoinCircleDeps, type JoinedCircle } from './join-through.ts';
import type { LinkProblem } from './view.ts';
import { pause } from './waiting.ts';

const RETRY_MS = 1_500;
/** Of so many who are there all must refuse before their word counts without the inviter's. */
const MIN_WITNESSES = 2;

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
  const refusals = createRefusals(link.inviterDevice);
  try {
    while (!signal.aborted) {
      const present = [...deps.network.present.get()].filter((one) => one !== deps.device.device);
      present.sort((a, b) => Number(b === link.inviterDevice) - Number(a === link.inviterDevice));
      for (const member of present) {
        const joined = await joinThrough(deps, link, name, member, signal);
        if (joined.ok) return joined;
        refusals.note(member, joined.error === 'no-answer' ? undefined : joined.error);
        const verdict = refusals.verdict(present);
        if (verdict !== undefined) return fail(verdict);
      }
      await Promise.race([arrivals.next(), pause(deps.environment, RETRY_MS, signal)]);
    }
    return fail('cancelled');
  } finally {
    arrivals.stop();
  }
}

/**
 * What members said against letting us in. Who is there is the relay's word, and nobody's device is
 * known yet but the inviter's, which the link names: only its refusal counts alone.
 */
function createRefusals(inviter: DeviceId) {
  const said = new Map<DeviceId, LinkProblem>();
  return {
    note(device: DeviceId, problem: LinkProblem | undefined): void {
      if (problem === undefined) said.delete(device);
      else said.set(device, problem);
    },
    verdict(present: readonly DeviceId[]): LinkProblem | undefined {
      const all = present.flatMap((device) => said.get(device) ?? []);
      const agree = present.length >= MIN_WITNESSES && all.length === present.length;
      return said.get(inviter) ?? (agree ? all[0] : undefined);
    },
  };
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
