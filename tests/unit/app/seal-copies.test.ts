import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { createCopySealer } from '../../../src/app/seal-copies.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import type { CryptoPool } from '../../../src/ports/crypto-pool.ts';
import { CIRCLE, createOwner, someone } from './owner-parts.ts';

const never = new AbortController().signal;

describe('sealing one chunk for three holders', () => {
  it('reads and verifies it once, whether they come together or one after the other', async () => {
    const costs = async (together: boolean, broken?: Break) => {
      const parts = await setUp(broken);
      const seals = [2, 3, 4].map((number) => () => parts.sealFor(number));
      const sealed = [];
      if (together) sealed.push(...(await Promise.all(seals.map((seal) => seal()))));
      else for (const seal of seals) sealed.push(await seal());
      expect(new Set(sealed.map((one) => one?.replica.replicaId)).size).toBe(3);
      return { reads: parts.reads(), verified: parts.verified() };
    };
    expect(await costs(true)).toEqual({ reads: 1, verified: 1 });
    expect(await costs(false)).toEqual({ reads: 1, verified: 1 });
    // Negative control: a worker that keeps nothing open.
    const forgetful: Break = () => ({ sealAgain: () => Promise.resolve(fail('not-open')) });
    expect(await costs(true, forgetful)).toEqual({ reads: 3, verified: 3 });
  });

  it('gives each what it would get from the bytes', async () => {
    const parts = await setUp();
    const open = [await parts.sealFor(2), await parts.sealFor(3)];
    const alone = [await (await setUp()).sealFor(2), await (await setUp()).sealFor(3)];
    expect(open).toEqual(alone);
  });

  it('keeps nothing open after the last', async () => {
    const parts = await setUp();
    for (const number of [2, 3, 4]) await parts.sealFor(number);
    expect(await parts.sealFor(2)).toBeDefined();
    expect(parts.reads()).toBe(2);
  });

  it('makes none from a rotten disk, and takes the bytes of another holder', async () => {
    const parts = await setUp();
    const good = (await parts.owner.chunks.get(`own/${parts.owner.chunk}`)) as { value: Bytes };
    for (const stored of parts.owner.disk.values()) stored[99] = (stored[99] ?? 0) ^ 1;
    parts.elsewhere(good.value);
    expect((await parts.sealFor(2))?.replica.size).toBe(good.value.length);
    expect(parts.owner.library.piece(parts.owner.chunk)?.local).toBe(false);
    // Negative control: with nobody who has it, there is nothing to seal.
    const alone = await setUp();
    for (const stored of alone.owner.disk.values()) stored[99] = (stored[99] ?? 0) ^ 1;
    expect(await alone.sealFor(2)).toBeUndefined();
  });
});

type Break = (crypto: CryptoPool) => Partial<CryptoPool>;

/** An owner with one chunk, of which three copies are due. */
async function setUp(broken: Break = () => ({})) {
  const owner = await createOwner('seal');
  const { library, chunk } = owner;
  let hashes = 0;
  let reads = 0;
  let sealed = 0;
  let other: Bytes | undefined;
  const counting = {
    ...owner.bulk,
    // The prefix of the id and the chunk: a verification. The sealed bytes alone: not one.
    sha256: (...parts: readonly Bytes[]) => {
      if (parts.length === 2) hashes++;
      return owner.bulk.sha256(...parts);
    },
  };
  const { vault, environment } = owner;
  const engine = createCryptoEngine({ bulk: counting, vault, random: environment.random });
  await engine.openMember(owner.wrapped.slice());
  const crypto = { ...engine, ...broken(engine) };
  const sealer = createCopySealer({
    circle: CIRCLE,
    crypto,
    library,
    wantsMore: () => sealed < 2,
    fetcher: {
      async fetch() {
        reads++;
        if (library.piece(chunk)?.local !== true) {
          return other === undefined ? fail('missing') : ok(other.slice());
        }
        const found = await owner.chunks.get(`own/${chunk}`);
        return found.ok ? found : fail('missing');
      },
    },
  });
  return {
    owner,
    reads: () => reads,
    verified: () => hashes,
    elsewhere(bytes: Bytes) {
      other = bytes.slice();
    },
    async sealFor(number: number) {
      const candidate = {
        ...someone(number),
        deviceClass: 'tab' as const,
        durable: false,
        freeBytes: 1 << 20,
        uptime: 1,
        branch: someone(number).member,
      };
      const made = await sealer.seal(library.piece(chunk)!, candidate, never);
      if (made !== undefined) sealed++;
      return made;
    },
  };
}
