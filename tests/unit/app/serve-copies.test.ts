import { describe, expect, it } from 'vitest';
import { createNonces, type Nonces } from '../../../src/app/nonces.ts';
import type { CopyServerDeps } from '../../../src/app/serve-copies.ts';
import { idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
import { NONCE_SECONDS } from '../../../src/domain/limits.ts';
import { deleteNonce } from '../../../src/domain/proofs/ownership.ts';
import type { PeerReply } from '../../../src/domain/wire/peer-messages.ts';
import { createHolder, times, type Holder } from './holder-parts.ts';

type Kept = Awaited<ReturnType<Holder['keep']>>;
interface Answered {
  readonly reply: PeerReply;
  readonly body?: Uint8Array;
}

const STRANGER = idOf<DeviceId>(new Uint8Array(32).fill(1));
const credulous: Partial<CopyServerDeps> = { verify: () => true };

describe('a holder', () => {
  it('hands the bytes to whoever proves to be allowed to read them', async () => {
    const holder = await createHolder('honest');
    const kept = await holder.keep();
    const answer = await retrieve(holder, kept);
    expect(answer.reply.type).toBe('retrieve_response');
    expect(answer.body).toEqual(kept.bytes);
  });

  /** Each tries to get the bytes of someone else's replica with something that is not good for it. */
  const attacks: Readonly<Record<string, (holder: Holder, kept: Kept) => Promise<Answered>>> = {
    'no secret at all': (holder, kept) =>
      retrieve(holder, kept, { zkp: holder.environment.random(64) }),
    'a secret of its own': (holder, kept) => retrieve(holder, kept, { secret: 12_345n }),
    'the secret that deletes': (holder, kept) =>
      retrieve(holder, kept, { secret: kept.secrets.own }),
    'the secret that repairs': (holder, kept) =>
      retrieve(holder, kept, { secret: kept.secrets.repair }),
    'a proof made for another holder': (holder, kept) =>
      retrieve(holder, kept, { context: { holder: STRANGER } }),
    'a proof made for another requester': (holder, kept) =>
      retrieve(holder, kept, { context: { requester: STRANGER } }),
    'a proof made for another circle': (holder, kept) =>
      retrieve(holder, kept, { context: { circle: idOf<CircleId>(new Uint8Array(32)) } }),
    'a proof made for another replica': async (holder, kept) => {
      const other = await holder.keep();
      return retrieve(holder, kept, {
        secret: other.secrets.read,
        context: { subject: other.record.replica_id },
      });
    },
    'a proof made to delete': (holder, kept) =>
      retrieve(holder, kept, { context: { operation: 'delete' } }),
    'a proof made to repair': (holder, kept) =>
      retrieve(holder, kept, { context: { operation: 'repair' } }),
    'a proof under another expiry': (holder, kept) =>
      retrieve(holder, kept, { context: { expiry: holder.environment.now() + 3600 } }),
  };
  describe.each(Object.entries(attacks))('asked with %s', (_name, attack) => {
    const gained = async (broken?: Partial<CopyServerDeps>) => {
      const holder = await createHolder('attack', broken);
      return (await attack(holder, await holder.keep())).body !== undefined;
    };
    it('gives nothing', async () => {
      expect(await gained()).toBe(false);
    });
    it('would give all without the proof (negative control)', async () => {
      expect(await gained(credulous)).toBe(true);
    });
  });

  /** Asked with what was good elsewhere or before: `nonces` decides, whatever the proof says. */
  const nonceAttacks: Readonly<Record<string, (holder: Holder, kept: Kept) => Promise<Answered>>> =
    {
      'a nonce that was spent': async (holder, kept) => {
        const request = honestRequest(holder, kept);
        await holder.server.onRetrieve(holder.owner.device, request);
        return holder.server.onRetrieve(holder.owner.device, request);
      },
      'a nonce that a wrong proof has spent': async (holder, kept) => {
        const request = honestRequest(holder, kept);
        const wrong = { ...request, zkp: holder.environment.random(64) };
        await holder.server.onRetrieve(holder.owner.device, wrong);
        return holder.server.onRetrieve(holder.owner.device, request);
      },
      'a nonce that a question about another replica has spent': async (holder, kept) => {
        const request = honestRequest(holder, kept);
        const absent = {
          ...request,
          replica_id: idOf<typeof request.replica_id>(new Uint8Array(32)),
        };
        await holder.server.onRetrieve(holder.owner.device, absent);
        return holder.server.onRetrieve(holder.owner.device, request);
      },
      'a nonce that is too old': async (holder, kept) => {
        const request = honestRequest(holder, kept);
        await holder.clock.advance(NONCE_SECONDS * 1000);
        return holder.server.onRetrieve(holder.owner.device, request);
      },
      'a nonce given to another device': (holder, kept) => {
        const issued = issueTo(holder, STRANGER);
        return retrieve(holder, kept, { issued });
      },
      'a nonce of its own making': (holder, kept) =>
        retrieve(holder, kept, {
          issued: { nonce: holder.environment.random(32), expiry: holder.environment.now() + 60 },
        }),
      'a nonce with a later expiry, proof and all': (holder, kept) => {
        const { nonce, expiry } = issueTo(holder, holder.owner.device);
        return retrieve(holder, kept, { issued: { nonce, expiry: expiry + 3600 } });
      },
      'a nonce pushed out by too many younger ones': async (holder, kept) => {
        const request = honestRequest(holder, kept);
        holder.server.onChallenge(holder.owner.device, 64);
        return holder.server.onRetrieve(holder.owner.device, request);
      },
    };
  describe.each(Object.entries(nonceAttacks))('asked with %s', (_name, attack) => {
    const gained = async (broken?: (real: Nonces) => Nonces) => {
      const plain = await createHolder('nonces');
      const nonces = broken?.(createNonces(plain.environment));
      const holder = nonces === undefined ? plain : await createHolder('nonces', { nonces });
      return (await attack(holder, await holder.keep())).body !== undefined;
    };
    it('gives nothing', async () => {
      expect(await gained()).toBe(false);
    });
    it('would give all if nonces were never spent (negative control)', async () => {
      expect(await gained((real) => ({ issue: real.issue, spend: () => true }))).toBe(true);
    });
  });

  it('measures the age of a nonce by a clock that cannot be set back', async () => {
    const gained = async (isWall: boolean) => {
      const { environment } = await createHolder('clock');
      let skew = 0;
      const now = () => environment.now() + skew;
      const nonces = createNonces({
        now,
        random: environment.random,
        monotonic: isWall ? () => now() * 1000 : environment.monotonic,
      });
      const holder = await createHolder('clock', { nonces });
      const kept = await holder.keep();
      const request = honestRequest(holder, kept);
      await environment.clock.advance(NONCE_SECONDS * 1000);
      skew = -NONCE_SECONDS;
      return (await holder.server.onRetrieve(holder.owner.device, request)).body !== undefined;
    };
    expect(await gained(false)).toBe(false);
    // Negative control: a holder that trusts the wall clock.
    expect(await gained(true)).toBe(true);
  });

  it('accepts none of many replays of one good request, before and after a restart', async () => {
    const replayed = async (broken?: Nonces) => {
      const holder = await createHolder('replay', broken && { nonces: broken });
      const kept = await holder.keep();
      const request = honestRequest(holder, kept);
      const first = await holder.server.onRetrieve(holder.owner.device, request);
      expect(first.body).toEqual(kept.bytes);
      const restarted = await createHolder('replay', broken && { nonces: broken });
      await restarted.keep();
      let accepted = 0;
      for (let i = 0; i < times(200, 10_000); i++) {
        const { server } = i % 2 === 0 ? holder : restarted;
        const answer = await server.onRetrieve(holder.owner.device, request);
        if (answer.body !== undefined) accepted++;
      }
      return accepted;
    };
    expect(await replayed()).toBe(0);
    const { environment } = await createHolder('replay');
    const forgetful = { issue: createNonces(environment).issue, spend: () => true };
    expect(await replayed(forgetful)).toBeGreaterThan(0);
  });

  it('says the same of a copy that is there and one that is not to whoever has no nonce', async () => {
    const holder = await createHolder('probe');
    const kept = await holder.keep();
    const ask = (replica_id: typeof kept.record.replica_id) =>
      holder.server.onRetrieve(STRANGER, {
        type: 'retrieve_request',
        owner: kept.record.owner,
        replica_id,
        nonce: new Uint8Array(32),
        expiry: 0,
        zkp: new Uint8Array(64),
      });
    const there = await ask(kept.record.replica_id);
    const notThere = await ask(idOf<typeof kept.record.replica_id>(new Uint8Array(32)));
    expect(there).toEqual(notThere);
  });

  it('does not serve rotten bytes, and offers that copy no more', async () => {
    const holder = await createHolder('rot');
    const kept = await holder.keep();
    for (const stored of holder.disk.values()) stored[7] = (stored[7] ?? 0) ^ 1;
    const answer = await retrieve(holder, kept);
    expect(answer).toEqual({ reply: { type: 'refused', reason: 'damaged' } });
    expect(holder.held.get(kept.record.owner, kept.record.replica_id)).toBeUndefined();
    expect(holder.held.usedBytes()).toBe(0);
    // Negative control: a store that does not look serves them.
    const blind = await createHolder('rot');
    const { chunks } = blind;
    const careless = await createHolder('rot', {
      chunks: { ...chunks, get: (key) => chunks.get(key) },
      held: blind.held,
    });
    const same = await blind.keep();
    for (const stored of blind.disk.values()) stored[7] = (stored[7] ?? 0) ^ 1;
    expect((await retrieve(careless, same)).body).not.toEqual(same.bytes);
    expect((await retrieve(careless, same)).body).toHaveLength(same.bytes.length);
  });
});

describe('deleting', () => {
  it('takes the owner’s proof, frees the bytes and leaves a tombstone', async () => {
    const holder = await createHolder('delete');
    const kept = await holder.keep();
    expect(await remove(holder, kept, kept.secrets.own)).toMatchObject({ type: 'delete_ack' });
    expect(holder.disk.size).toBe(0);
    expect(holder.held.usedBytes()).toBe(0);
    expect(holder.held.get(kept.record.owner, kept.record.replica_id)?.state).toBe('tombstone');
    // Delivered twice: harmless.
    expect(await remove(holder, kept, kept.secrets.own)).toMatchObject({ type: 'delete_ack' });
    expect(await retrieve(holder, kept)).toEqual({ reply: { type: 'refused', reason: 'absent' } });
  });

  it.each(['read', 'repair'] as const)('takes no proof by the secret that %ss', async (which) => {
    const deleted = async (broken?: Partial<CopyServerDeps>) => {
      const holder = await createHolder('delete', broken);
      const kept = await holder.keep();
      const answer = await remove(holder, kept, kept.secrets[which]);
      return answer.type === 'delete_ack' && holder.disk.size === 0;
    };
    expect(await deleted()).toBe(false);
    expect(await deleted(credulous)).toBe(true);
  });

  it('does not take a proof for one replica, holder, requester or circle for another', async () => {
    for (const context of [
      { subject: idOf<Kept['record']['replica_id']>(new Uint8Array(32)) },
      { holder: STRANGER },
      { requester: STRANGER },
      { circle: idOf<CircleId>(new Uint8Array(32)) },
      { operation: 'retrieve' as const },
    ]) {
      const deleted = async (broken?: Partial<CopyServerDeps>) => {
        const holder = await createHolder('delete', broken);
        const kept = await holder.keep();
        return (await remove(holder, kept, kept.secrets.own, context)).type === 'delete_ack';
      };
      expect(await deleted()).toBe(false);
      expect(await deleted(credulous)).toBe(true);
    }
  });

  it('of what is not there says so and changes nothing', async () => {
    const holder = await createHolder('delete');
    const kept = await holder.keep();
    const replica_id = idOf<typeof kept.record.replica_id>(new Uint8Array(32).fill(9));
    const absent = { ...kept, record: { ...kept.record, replica_id } };
    expect(await remove(holder, absent, kept.secrets.own)).toEqual({
      type: 'refused',
      reason: 'absent',
    });
    expect([...holder.held.all()]).toHaveLength(1);
    expect(holder.disk.size).toBe(1);
  });

  it('is not acknowledged while the tombstone is not on disk', async () => {
    const holder = await createHolder('delete');
    const kept = await holder.keep();
    holder.fillRecords();
    expect(await remove(holder, kept, kept.secrets.own)).toEqual({
      type: 'refused',
      reason: 'full',
    });
    expect(holder.disk.size).toBe(1);
  });

  it('is not undone by a reading of rotten bytes at the same time', async () => {
    const holder = await createHolder('delete');
    const kept = await holder.keep();
    for (const stored of holder.disk.values()) stored[7] = (stored[7] ?? 0) ^ 1;
    await Promise.all([retrieve(holder, kept), remove(holder, kept, kept.secrets.own)]);
    expect(holder.held.get(kept.record.owner, kept.record.replica_id)?.state).toBe('tombstone');
    expect(holder.held.usedBytes()).toBe(0);
  });
});

function issueTo(holder: Holder, device: DeviceId) {
  const reply = holder.server.onChallenge(device, 1);
  const nonce = reply.type === 'nonces' ? reply.nonces[0] : undefined;
  if (reply.type !== 'nonces' || nonce === undefined) throw new Error('no nonce');
  return { nonce, expiry: reply.expiry };
}

function honestRequest(
  holder: Holder,
  kept: Kept,
  dishonest: {
    readonly secret?: bigint;
    readonly zkp?: Uint8Array<ArrayBuffer>;
    readonly issued?: ReturnType<typeof issueTo>;
    readonly context?: Partial<Parameters<Holder['prove']>[1]>;
  } = {},
) {
  const { nonce, expiry } = dishonest.issued ?? issueTo(holder, holder.owner.device);
  const { owner, replica_id } = kept.record;
  const zkp = holder.prove(dishonest.secret ?? kept.secrets.read, {
    operation: 'retrieve',
    subject: replica_id,
    nonce,
    expiry,
    ...dishonest.context,
  });
  return {
    type: 'retrieve_request' as const,
    owner,
    replica_id,
    nonce,
    expiry,
    zkp: dishonest.zkp ?? zkp,
  };
}

function retrieve(
  holder: Holder,
  kept: Kept,
  dishonest?: Parameters<typeof honestRequest>[2],
): Promise<Answered> {
  return holder.server.onRetrieve(holder.owner.device, honestRequest(holder, kept, dishonest));
}

function remove(
  holder: Holder,
  kept: Kept,
  secret: bigint,
  context: Partial<Parameters<Holder['prove']>[1]> = {},
): Promise<PeerReply> {
  const { owner, replica_id } = kept.record;
  const nonce = deleteNonce(owner, replica_id);
  const zkp = holder.prove(secret, {
    operation: 'delete',
    subject: replica_id,
    nonce,
    expiry: 0,
    ...context,
  });
  return holder.server.onDelete(holder.owner.device, {
    type: 'delete_request',
    owner,
    replica_id,
    zkp,
  });
}
