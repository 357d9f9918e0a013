import { expect, it } from 'vitest';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { toHex } from '../../src/domain/bytes.ts';
import { describeBulkCrypto } from './bulk-crypto-contract.ts';
import { bytes } from './chunk-store-contract.ts';

const noble = createNobleBulkCrypto();
const web = createWebBulkCrypto(crypto.subtle);

describeBulkCrypto('noble', noble);
describeBulkCrypto('WebCrypto of Node', web);

it('noble and WebCrypto give the same bytes', async () => {
  for (const length of [0, 1, 31, 4096, 70_001]) {
    const [key, data] = [bytes(32, length), bytes(length)];
    expect(toHex(await noble.aesCtr(key, data))).toBe(toHex(await web.aesCtr(key, data)));
    expect(toHex(await noble.sha256(key, data))).toBe(toHex(await web.sha256(key, data)));
  }
});
