import { beforeAll, describe, expect, it } from 'vitest';
import { createWebVault } from '../../src/adapters/storage/web-vault.ts';
import { utf8 } from '../../src/domain/bytes.ts';
import { inDatabase, keepOriginSmall, removeDatabase } from './browser-origin.ts';
import { describeVault } from './vault-contract.ts';

beforeAll(keepOriginSmall);

describeVault('WebCrypto key in IndexedDB', async () => {
  for (const name of ['vault-a', 'vault-b']) await removeDatabase(name);
  return {
    open: () => createWebVault({ name: 'vault-a', crypto }),
    openOther: () => createWebVault({ name: 'vault-b', crypto }),
  };
});

describe("the browser's vault key", () => {
  it('cannot be exported, in any format', async () => {
    await removeDatabase('vault-a');
    await createWebVault({ name: 'vault-a', crypto }).wrap(utf8('x'));
    const keys = await inDatabase<unknown[]>('vault-a', 'keys', (store) => store.getAll());
    expect(keys).toHaveLength(1);
    const [key] = keys;
    if (!(key instanceof CryptoKey)) throw new Error('not a key');
    expect(key.extractable).toBe(false);
    expect(key.algorithm).toMatchObject({ name: 'AES-GCM', length: 256 });
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('jwk', key)).rejects.toThrow();
  });

  it('negative control: an extractable key would be seen', async () => {
    const algorithm = { name: 'AES-GCM', length: 256 };
    const loose = await crypto.subtle.generateKey(algorithm, true, ['encrypt']);
    expect((await crypto.subtle.exportKey('raw', loose)).byteLength).toBe(32);
  });
});
