import type { Bytes } from '../../domain/bytes.ts';

/** Browsers refuse to fill more at once. */
const MAX_AT_ONCE = 65_536;

export function createWebRandom(
  crypto: Pick<Crypto, 'getRandomValues'>,
): (length: number) => Bytes {
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += MAX_AT_ONCE) {
      crypto.getRandomValues(out.subarray(at, at + MAX_AT_ONCE));
    }
    return out;
  };
}
