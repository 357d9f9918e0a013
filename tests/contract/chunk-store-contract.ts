import { afterEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/domain/digest.ts';
import type { Bytes } from '../../src/domain/bytes.ts';
import type { ChunkKey, ChunkStore } from '../../src/ports/chunk-store.ts';

/** One place to keep chunks, and the ways a test can hurt it behind the store's back. */
export interface ChunkStoreRig {
  readonly store: ChunkStore;
  /** Another store over the same place, as after a restart. The first one is closed. */
  reopen(): Promise<ChunkStore>;
  /** Flips one bit of what lies on the disk. */
  damage(key: ChunkKey): Promise<void>;
  /** Leaves room for about `bytes` more, until `undo`. */
  fillUp(bytes: number): Promise<void>;
  undoFillUp(): Promise<void>;
  dispose(): Promise<void>;
}

const MIB = 1024 * 1024;

/** What every chunk store promises, whatever it is made of. `make` gives an empty one. */
export function describeChunkStore(name: string, make: () => Promise<ChunkStoreRig>): void {
  describe(`chunk store: ${name}`, () => {
    const rigs: ChunkStoreRig[] = [];
    async function open(): Promise<ChunkStoreRig> {
      const rig = await make();
      rigs.push(rig);
      return rig;
    }
    afterEach(async () => {
      for (const rig of rigs.splice(0)) await rig.dispose();
    });

    it('gives back the bytes it was given', async () => {
      const { store } = await open();
      expect(await store.put(own(1), bytes(5000))).toEqual({ ok: true, value: undefined });
      expect(await store.get(own(1))).toEqual({ ok: true, value: bytes(5000) });
    });

    it('knows nothing of a key that was never put', async () => {
      const { store } = await open();
      expect(await store.get(own(1))).toEqual({ ok: false, error: 'absent' });
    });

    it.each([0, 1, 4095, 4096, MIB, MIB + 72 + 17 * 257])('keeps a blob of %i bytes', async (n) => {
      const { store } = await open();
      expect((await store.put(own(1), bytes(n))).ok).toBe(true);
      expect(same(await store.get(own(1)), bytes(n))).toBe(true);
    });

    it('keeps one key apart from another', async () => {
      const { store } = await open();
      await store.put(own(1), bytes(10, 1));
      await store.put(held(1, 1), bytes(10, 2));
      await store.put(held(2, 1), bytes(10, 3));
      expect(await store.get(own(1))).toEqual({ ok: true, value: bytes(10, 1) });
      expect(await store.get(held(1, 1))).toEqual({ ok: true, value: bytes(10, 2) });
      expect(await store.get(held(2, 1))).toEqual({ ok: true, value: bytes(10, 3) });
    });

    it('lists exactly what is there', async () => {
      const { store } = await open();
      expect(await store.list()).toEqual([]);
      for (const key of [own(1), own(2), held(1, 1), held(2, 3)]) await store.put(key, bytes(10));
      await store.delete(own(2));
      expect([...(await store.list())].sort()).toEqual([own(1), held(1, 1), held(2, 3)].sort());
    });

    it('forgets what is deleted, and does not mind deleting it twice', async () => {
      const { store } = await open();
      await store.put(own(1), bytes(10));
      await store.delete(own(1));
      await store.delete(own(1));
      await store.delete(held(9, 9));
      expect(await store.get(own(1))).toEqual({ ok: false, error: 'absent' });
      expect(await store.list()).toEqual([]);
    });

    it('takes the same bytes under the same key again', async () => {
      const { store } = await open();
      await store.put(own(1), bytes(5000));
      expect((await store.put(own(1), bytes(5000))).ok).toBe(true);
      expect(same(await store.get(own(1)), bytes(5000))).toBe(true);
      expect(await store.list()).toEqual([own(1)]);
    });

    it('replaces other bytes under the same key, longer or shorter', async () => {
      const { store } = await open();
      for (const length of [5000, 9000, 100, 0, 7]) {
        expect((await store.put(own(1), bytes(length, length))).ok).toBe(true);
        expect(same(await store.get(own(1)), bytes(length, length))).toBe(true);
      }
    });

    it('writes nothing when the bytes do not match the check', async () => {
      const { store } = await open();
      const check = { length: 100, sha256: sha256(bytes(100, 2)) };
      expect(await store.put(own(1), bytes(100), check)).toEqual({ ok: false, error: 'mismatch' });
      const long = { length: 200, sha256: sha256(bytes(100)) };
      expect(await store.put(own(1), bytes(100), long)).toEqual({ ok: false, error: 'mismatch' });
      expect(await store.list()).toEqual([]);
    });

    it('keeps the good blob when a wrong one is offered under its key', async () => {
      const { store } = await open();
      const check = { length: 100, sha256: sha256(bytes(100)) };
      await store.put(own(1), bytes(100), check);
      expect((await store.put(own(1), bytes(100, 9), check)).ok).toBe(false);
      expect(await store.get(own(1), check)).toEqual({ ok: true, value: bytes(100) });
    });

    it('checks only the first bytes, so that tags may follow', async () => {
      const { store } = await open();
      const check = { length: 100, sha256: sha256(bytes(117).subarray(0, 100)) };
      expect((await store.put(own(1), bytes(117), check)).ok).toBe(true);
      expect(await store.get(own(1), check)).toEqual({ ok: true, value: bytes(117) });
    });

    it('reports a damaged blob and serves none of it', async () => {
      const rig = await open();
      const check = { length: MIB, sha256: sha256(bytes(MIB)) };
      await rig.store.put(own(1), bytes(MIB), check);
      await rig.damage(own(1));
      expect(await rig.store.get(own(1), check)).toEqual({ ok: false, error: 'damaged' });
    });

    it('heals a damaged blob when its bytes come again', async () => {
      const rig = await open();
      const check = { length: 5000, sha256: sha256(bytes(5000)) };
      await rig.store.put(own(1), bytes(5000), check);
      await rig.damage(own(1));
      expect((await rig.store.put(own(1), bytes(5000), check)).ok).toBe(true);
      expect((await rig.store.get(own(1), check)).ok).toBe(true);
    });

    it('reports a blob that is shorter than asked for as damaged', async () => {
      const { store } = await open();
      await store.put(own(1), bytes(100));
      const check = { length: 101, sha256: sha256(bytes(101)) };
      expect(await store.get(own(1), check)).toEqual({ ok: false, error: 'damaged' });
    });

    it('answers full, keeps what it had and leaves nothing half-written', async () => {
      const rig = await open();
      await rig.store.put(own(1), bytes(5000));
      await rig.fillUp(MIB / 2);
      const fresh = await rig.store.put(own(2), bytes(4 * MIB));
      const again = await rig.store.put(own(1), bytes(5000));
      await rig.undoFillUp();
      expect(fresh).toEqual({ ok: false, error: 'full' });
      expect(again.ok).toBe(true);
      expect(await rig.store.list()).toEqual([own(1)]);
      expect(await rig.store.get(own(2))).toEqual({ ok: false, error: 'absent' });
      expect(same(await rig.store.get(own(1)), bytes(5000))).toBe(true);
      expect((await rig.store.put(own(2), bytes(4 * MIB))).ok).toBe(true);
    });

    it('shows the same after a restart', async () => {
      const rig = await open();
      await rig.store.put(own(1), bytes(5000));
      await rig.store.put(held(1, 2), bytes(0));
      const again = await rig.reopen();
      expect([...(await again.list())].sort()).toEqual([held(1, 2), own(1)].sort());
      expect(same(await again.get(own(1)), bytes(5000))).toBe(true);
      expect(await again.get(held(1, 2))).toEqual({ ok: true, value: bytes(0) });
    });

    it('answers nothing after it was closed', async () => {
      const { store } = await open();
      await store.close();
      await expect(store.get(own(1))).rejects.toThrow();
      await expect(store.put(own(1), bytes(1))).rejects.toThrow();
      await expect(store.list()).rejects.toThrow();
    });

    it('ends with one whole blob when many write the same key at once', async () => {
      const { store } = await open();
      const puts = Array.from({ length: 12 }, (_, i) => store.put(own(1), bytes(20_000 + i, i)));
      const reads = Array.from({ length: 6 }, () => store.get(own(1)));
      for (const put of await Promise.all(puts)) expect(put.ok).toBe(true);
      for (const read of await Promise.all(reads)) expect(isOneOfTheBlobs(read)).toBe(true);
      expect(isOneOfTheBlobs(await store.get(own(1)))).toBe(true);
      expect(await store.list()).toEqual([own(1)]);
    });

    it('survives writing, reading and deleting of one key side by side', async () => {
      const { store } = await open();
      const work: Promise<unknown>[] = [];
      for (let i = 0; i < 10; i++) {
        work.push(store.put(own(1), bytes(9000)), store.get(own(1)), store.delete(own(1)));
      }
      await Promise.all(work);
      expect(await store.list()).toEqual([]);
    });

    it.each([
      '../own/secret',
      `own/../${'a'.repeat(64)}`,
      `own/${'a'.repeat(63)}`,
      `own/${'A'.repeat(64)}`,
      `own/${'a'.repeat(64)}/x`,
      `own/${'a'.repeat(64)}\n`,
      `held/${'a'.repeat(64)}`,
      `held/${'a'.repeat(64)}/..`,
      `held/${'a'.repeat(64)}/${'a'.repeat(64)}/`,
      `/own/${'a'.repeat(64)}`,
      `OWN/${'a'.repeat(64)}`,
      '',
    ])('refuses the key %j, which is none', async (text) => {
      const { store } = await open();
      const key = text as ChunkKey;
      await expect(store.put(key, bytes(1))).rejects.toThrow();
      await expect(store.get(key)).rejects.toThrow();
      await expect(store.delete(key)).rejects.toThrow();
      expect(await store.list()).toEqual([]);
    });
  });
}

function isOneOfTheBlobs(read: Awaited<ReturnType<ChunkStore['get']>>): boolean {
  if (!read.ok) return read.error === 'absent';
  const seed = read.value.length - 20_000;
  return same(read, bytes(20_000 + seed, seed));
}

// A deep equality of a megabyte is slow to compute and slower to print.
function same(read: Awaited<ReturnType<ChunkStore['get']>>, expected: Bytes): boolean {
  if (!read.ok || read.value.length !== expected.length) return false;
  return read.value.every((byte, i) => byte === expected[i]);
}

/** New bytes at every call: stores take what they are given. */
export function bytes(length: number, seed = 0): Bytes {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 7 + (i >> 8) + seed * 31 + 3) & 255;
  return out;
}

export function own(n: number): ChunkKey {
  return `own/${idText(n)}` as ChunkKey;
}

function held(owner: number, replica: number): ChunkKey {
  return `held/${idText(owner)}/${idText(replica)}` as ChunkKey;
}

function idText(n: number): string {
  return n.toString(16).padStart(64, '0');
}
