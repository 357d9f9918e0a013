import type { DeviceId } from '../src/domain/ids.ts';
import { MAX_INVITES_PER_DEVICE } from '../src/domain/wire/access-messages.ts';
import { MAX_INVITES, MAX_INVITES_PER_NAMESPACE, MAX_INVITE_SECONDS } from './limits.ts';

/**
 * Which invites hold in which namespaces, by the hashes of their tokens. One invite may hold in
 * several: every epoch of a circle is a namespace of its own, and members move one by one.
 * In memory only: after a restart members tell them again as they come back, and until one is
 * back an invite would lead nowhere anyway.
 */
export interface InviteList {
  /** False when a bound is reached. One that is over already is not kept: true all the same. */
  add(namespace: string, by: DeviceId, hash: string, expires: number): boolean;
  remove(namespace: string, hash: string): void;
  /** Namespaces it opens now. */
  namespacesOf(hash: string): readonly string[];
  hashesOf(namespace: string): readonly string[];
  /** Forgets the expired. */
  sweep(): void;
}

interface Invite {
  expires: number;
  readonly by: DeviceId;
}

export interface InviteListDeps {
  /** Unix seconds. */
  readonly now: () => number;
  /** The invite holds nowhere any more. */
  readonly onOver: (hash: string) => void;
}

export function createInviteList({ now, onOver }: InviteListDeps): InviteList {
  const byNamespace = new Map<string, Map<string, Invite>>();
  const holders = new Map<string, Set<string>>();
  let total = 0;

  function remove(namespace: string, hash: string): void {
    const invites = byNamespace.get(namespace);
    if (invites?.delete(hash) !== true) return;
    total -= 1;
    if (invites.size === 0) byNamespace.delete(namespace);
    const left = holders.get(hash);
    left?.delete(namespace);
    if (left?.size !== 0) return;
    holders.delete(hash);
    onOver(hash);
  }

  return {
    add(namespace, by, hash, expires) {
      const at = now();
      if (expires <= at) return true;
      const until = Math.min(expires, at + MAX_INVITE_SECONDS);
      const invites = byNamespace.get(namespace) ?? new Map<string, Invite>();
      const existing = invites.get(hash);
      if (existing !== undefined) {
        existing.expires = until;
        return true;
      }
      if (total >= MAX_INVITES || invites.size >= MAX_INVITES_PER_NAMESPACE) return false;
      const own = [...invites.values()].filter((x) => x.by === by).length;
      if (own >= MAX_INVITES_PER_DEVICE) return false;

      byNamespace.set(namespace, invites.set(hash, { expires: until, by }));
      holders.set(hash, (holders.get(hash) ?? new Set()).add(namespace));
      total += 1;
      return true;
    },
    remove,
    namespacesOf(hash) {
      const at = now();
      return [...(holders.get(hash) ?? [])].filter(
        (namespace) => (byNamespace.get(namespace)?.get(hash)?.expires ?? 0) > at,
      );
    },
    hashesOf: (namespace) => [...(byNamespace.get(namespace)?.keys() ?? [])],
    sweep() {
      const at = now();
      for (const [namespace, invites] of [...byNamespace]) {
        for (const [hash, { expires }] of [...invites]) {
          if (expires <= at) remove(namespace, hash);
        }
      }
    },
  };
}
