import { describe, expect, it } from 'vitest';
import { concat, utf8, type Bytes } from '../../src/domain/bytes.ts';
import type { Vault } from '../../src/ports/vault.ts';

/** What every vault promises. `open` opens the same vault each time, `openOther` another one. */
export function describeVault(
  name: string,
  make: () => Promise<{ readonly open: () => Vault; readonly openOther: () => Vault }>,
): void {
  describe(`vault: ${name}`, () => {
    it.each([0, 1, 32, 100_000])('gives back %i bytes it wrapped', async (length) => {
      const vault = (await make()).open();
      const plain = new Uint8Array(length).fill(length & 255);
      const opened = await vault.unwrap(await vault.wrap(plain));
      expect(opened.ok && sameBytes(opened.value, plain)).toBe(true);
    });

    it('opens after a restart what it wrapped before', async () => {
      const { open } = await make();
      const wrapped = await open().wrap(utf8('secret'));
      expect(await open().unwrap(wrapped)).toEqual({ ok: true, value: utf8('secret') });
    });

    it('agrees with itself when two threads open it for the first time at once', async () => {
      const { open } = await make();
      const vaults = Array.from({ length: 4 }, open);
      const wrapped = await Promise.all(vaults.map((vault) => vault.wrap(utf8('secret'))));
      for (const vault of vaults) {
        for (const box of wrapped) expect((await vault.unwrap(box)).ok).toBe(true);
      }
    });

    it('does not open what another vault wrapped', async () => {
      const { open, openOther } = await make();
      const wrapped = await openOther().wrap(utf8('secret'));
      expect(await open().unwrap(wrapped)).toEqual({ ok: false, error: 'damaged' });
    });

    it('shows nothing of the plain bytes, and never the same box twice', async () => {
      const vault = (await make()).open();
      const plain = utf8('canary-canary-canary-canary');
      const [a, b] = [await vault.wrap(plain), await vault.wrap(plain)];
      expect(sameBytes(a, b)).toBe(false);
      expect(new TextDecoder('latin1').decode(a)).not.toContain('canary');
    });

    it('notices every flipped bit, every cut and every addition', async () => {
      const vault = (await make()).open();
      const box = await vault.wrap(utf8('abc'));
      for (let bit = 0; bit < box.length * 8; bit++) {
        expect(await vault.unwrap(flipped(box, bit))).toEqual({ ok: false, error: 'damaged' });
      }
      for (let length = 0; length < box.length; length++) {
        expect((await vault.unwrap(box.slice(0, length))).ok).toBe(false);
      }
      expect((await vault.unwrap(concat(box, Uint8Array.of(0)))).ok).toBe(false);
      expect((await vault.unwrap(box)).ok).toBe(true);
    });
  });
}

function flipped(bytes: Bytes, bit: number): Bytes {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

function sameBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
