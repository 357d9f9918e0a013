import { beforeAll, describe, expect, it } from 'vitest';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { createCryptoWorkerPool } from '../../src/adapters/workers/crypto-client.ts';
import { scriptUrl } from '../../src/adapters/workers/script-url.ts';
import { lp } from '../../src/domain/bytes.ts';
import workerUrl from '../../src/workers/crypto.worker.ts?worker&url';
import { keepOriginSmall } from './browser-origin.ts';
import { describeBulkCrypto } from './bulk-crypto-contract.ts';
import { describeCryptoPool } from './crypto-pool-contract.ts';

beforeAll(keepOriginSmall);

const makeWorker = () => new Worker(scriptUrl(workerUrl), { type: 'module' });

describeBulkCrypto('WebCrypto of Chromium', createWebBulkCrypto(crypto.subtle));
describeBulkCrypto('noble in Chromium', createNobleBulkCrypto());

describeCryptoPool('two workers', () => {
  const pools = [createCryptoWorkerPool(makeWorker, 2)];
  const pool = pools[0] ?? createCryptoWorkerPool(makeWorker, 2);
  return Promise.resolve({
    pool,
    reopen() {
      const next = createCryptoWorkerPool(makeWorker, 2);
      pools.push(next);
      return next;
    },
    dispose() {
      for (const each of pools) each.close();
      return Promise.resolve();
    },
  });
});

describe('the pool of workers', () => {
  it('starts no more workers than it may, and only when they are needed', async () => {
    const made: Worker[] = [];
    const pool = createCryptoWorkerPool(() => remember(made), 3);
    expect(made).toHaveLength(0);
    await pool.createMember();
    expect(made).toHaveLength(1);
    await Promise.all(Array.from({ length: 12 }, () => pool.newFile()));
    expect(made).toHaveLength(3);
    pool.close();
  });

  it('replaces a worker that dies, with the same member', async () => {
    const made: Worker[] = [];
    const pool = createCryptoWorkerPool(() => remember(made), 1);
    const { member } = await pool.createMember();
    const message = () => lp('quloud/v1/test');
    const before = await pool.sign('generation', message());
    const waiting = pool.lockPiece(
      { ...(await pool.newFile()), index: 0, final: true },
      new Blob([new Uint8Array(1_000_000)]),
      1_048_576,
    );
    made[0]?.dispatchEvent(new Event('error'));
    await expect(waiting).rejects.toMatchObject({ name: 'WorkerGoneError' });
    expect(await pool.sign('generation', message())).toEqual(before);
    expect(made).toHaveLength(2);
    expect(member.generation).toBe(1);
    pool.close();
  });

  it('rejects instead of waiting when the worker script does not load', async () => {
    const broken = () => {
      const worker = new Worker('data:text/javascript,throw new Error("broken")');
      // Expected, so not for the console.
      worker.addEventListener('error', (event) => {
        event.preventDefault();
      });
      return worker;
    };
    const pool = createCryptoWorkerPool(broken, 1);
    await expect(pool.createMember()).rejects.toMatchObject({ name: 'WorkerGoneError' });
    pool.close();
  });

  it('answers nothing after it was closed', async () => {
    const pool = createCryptoWorkerPool(makeWorker, 1);
    const waiting = pool.createMember();
    pool.close();
    await expect(waiting).rejects.toMatchObject({ name: 'WorkerGoneError' });
    await expect(pool.newFile()).rejects.toMatchObject({ name: 'WorkerGoneError' });
  });

  it('moves a chunk in and out instead of copying it', async () => {
    const pool = createCryptoWorkerPool(makeWorker, 1);
    await pool.createMember();
    const piece = { ...(await pool.newFile()), index: 0, final: true };
    const locked = await pool.lockPiece(piece, new Blob([new Uint8Array(5000)]), 8192);
    if (!locked.ok) throw new Error(locked.error);
    const { chunk, chunkId } = locked.value;
    await pool.openPiece(piece, chunkId, chunk);
    expect(chunk.length).toBe(0);
    expect(piece.keyBox.length).toBeGreaterThan(0);
    pool.close();
  });
});

function remember(made: Worker[]): Worker {
  const worker = makeWorker();
  made.push(worker);
  return worker;
}
