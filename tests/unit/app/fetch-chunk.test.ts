import { describe, expect, it } from 'vitest';
import type { Copy } from '../../../src/app/copy-receipts.ts';
import { createChunkFetcher, type ChunkFetcherDeps } from '../../../src/app/fetch-chunk.ts';
import { createHolderPace } from '../../../src/app/holder-pace.ts';
import { createNonceStock } from '../../../src/app/nonce-stock.ts';
import { createNonces } from '../../../src/app/nonces.ts';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import type { DeviceId } from '../../../src/domain/ids.ts';
import {
  peerReply,
  peerRequest,
  type PeerReply,
  type PeerRequest,
} from '../../../src/domain/wire/peer-messages.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import { BEN, CIRCLE, CLEO, createOwner, someone } from './owner-parts.ts';
import { storedCopies } from '../../../src/app/stored-copies.ts';

const never = new AbortController().signal;
const ME = someone(9).device;

describe('retrieving from holders', () => {
  it('costs one round trip a chunk, but for a question for nonces now and then', async () => {
    const challenges = async (broken?: Break) => {
      const parts = await setUp([BEN], broken);
      for (let i = 0; i < 20; i++) expect(await parts.fetch()).toEqual(parts.plain);
      expect(parts.asked.filter((one) => one === 'retrieve_request')).toHaveLength(20);
      return parts.asked.filter((one) => one === 'challenge').length;
    };
    expect(await challenges()).toBeLessThanOrEqual(3);
    // Negative control: a stock that is empty each time.
    const one: Break = ({ environment, calls }) => ({
      nonces: {
        take: (device, signal) =>
          createNonceStock({ environment, calls, signal }).take(device, signal),
        drop: () => undefined,
      },
    });
    expect(await challenges(one)).toBeGreaterThanOrEqual(20);
  });

  it('uses no nonce that may have died, nor one twice', async () => {
    const parts = await setUp([BEN]);
    await parts.fetch();
    await parts.clock.advance(41_000);
    await parts.fetch();
    expect(parts.refused()).toBe(0);
    const many = await parts.drive(Promise.all(Array.from({ length: 12 }, () => parts.start())));
    expect(many.every((bytes) => bytes !== undefined)).toBe(true);
    expect(parts.refused()).toBe(0);
  });

  it('goes on when the holder started anew and knows none of its nonces any more', async () => {
    const restarted = async (broken?: Break) => {
      const parts = await setUp([BEN], broken);
      await parts.fetch();
      parts.restart(BEN.device);
      return parts.fetch();
    };
    expect(await restarted()).toBeDefined();
    // Negative control: a stock that goes on handing out what was refused.
    const stubborn: Break = ({ environment, calls }) => {
      const stock = createNonceStock({ environment, calls, signal: never });
      return { nonces: { take: stock.take, drop: () => undefined } };
    };
    expect(await restarted(stubborn)).toBeUndefined();
  });

  it('asks another holder when one is later than nine of ten answers lately, and ends the late one', async () => {
    const waited = async (broken?: Break) => {
      const parts = await setUp([BEN, CLEO], broken);
      parts.latency.set(CLEO.device, 80);
      for (let i = 0; i < 20; i++) await parts.fetch();
      parts.silence(1);
      expect(await parts.fetch()).toEqual(parts.plain);
      expect(parts.ended()).toBe(1);
      return parts.took();
    };
    expect(await waited()).toBeLessThan(1_000);
    // Negative control: a fixed time, right for nobody.
    const fixed: Break = ({ environment }) => ({
      pace: { ...createHolderPace(environment), patienceMs: () => 4_000 },
    });
    expect(await waited(fixed)).toBeGreaterThanOrEqual(4_000);
  });

  it('takes the first holder’s answer while it waits for the second', async () => {
    const parts = await setUp([BEN, CLEO]);
    parts.latency.set(BEN.device, 4_500).set(CLEO.device, 60_000);
    expect(await parts.fetch()).toEqual(parts.plain);
    // Two answers of the first, one after the other.
    expect(parts.took()).toBe(9_000);
  });

  it('asks the quicker holder more, and the slow one still', async () => {
    const shares = async (broken?: Break) => {
      const parts = await setUp([BEN, CLEO], broken);
      parts.latency.set(BEN.device, 30).set(CLEO.device, 150);
      const fetchAll = async () => {
        for (let i = 0; i < 15; i++) await parts.start();
      };
      await parts.drive(Promise.all(Array.from({ length: 4 }, fetchAll)));
      return { ben: parts.served(BEN.device), cleo: parts.served(CLEO.device) };
    };
    const { ben, cleo } = await shares();
    expect(ben).toBeGreaterThan(2 * cleo);
    expect(cleo).toBeGreaterThan(0);
    // Negative control: in turn, whatever they give.
    let turn = 0;
    const fixed: Break = ({ environment }) => ({
      pace: {
        ...createHolderPace(environment),
        inOrder: (copies) => (turn++ % 2 === 0 ? copies : copies.toReversed()),
      },
    });
    const even = await shares(fixed);
    expect(even.ben).toBeLessThan(2 * even.cleo);
  });

  it('counts no copy that is not what was signed for, and takes the next', async () => {
    const parts = await setUp([BEN, CLEO]);
    parts.spoil(BEN.device);
    for (let i = 0; i < 4; i++) expect(await parts.fetch()).toEqual(parts.plain);
    const left = storedCopies(parts.owner.library.piece(parts.owner.chunk)!);
    expect(left.map((copy) => copy.device)).toEqual([CLEO.device]);
    expect(parts.lost()).toBe(1);
  });

  it('finds a rotten chunk on this disk, says so, and gets it elsewhere', async () => {
    const parts = await setUp([BEN], undefined, true);
    for (const stored of parts.owner.disk.values()) stored[100] = (stored[100] ?? 0) ^ 1;
    expect(await parts.fetch()).toEqual(parts.plain);
    expect(parts.owner.library.piece(parts.owner.chunk)?.local).toBe(false);
  });

  it('asks who was only granted it when nobody signed for it, and holds nothing against them', async () => {
    const parts = await setUp([BEN, CLEO]);
    const states = () =>
      parts.owner.library.piece(parts.owner.chunk)!.copies.map((one) => one.state);
    await parts.owner.library.updatePiece(parts.owner.chunk, (piece) => ({
      ...piece,
      copies: piece.copies.map((copy) =>
        copy.device === BEN.device ? { ...copy, state: 'granted' as const } : copy,
      ),
    }));
    expect(await parts.fetch()).toEqual(parts.plain);
    expect([parts.served(BEN.device), parts.served(CLEO.device)]).toEqual([0, 1]);
    parts.spoil(CLEO.device);
    expect(await parts.fetch()).toEqual(parts.plain);
    expect(parts.served(BEN.device)).toBe(1);
    parts.spoil(BEN.device);
    expect(await parts.fetch()).toBeUndefined();
    expect(states()).toEqual(['granted', 'lost']);
  });

  it('ends at once when nobody wants it any more', async () => {
    const parts = await setUp([BEN, CLEO]);
    parts.silence(9);
    const controller = new AbortController();
    const fetching = parts.fetcher.fetch(parts.owner.chunk, controller.signal);
    await parts.clock.advance(5_000);
    controller.abort();
    await parts.clock.advance(1);
    expect(await fetching).toEqual(fail('cancelled'));
    expect(parts.ended()).toBe(2);
  });
});

type Break = (
  deps: Pick<ChunkFetcherDeps, 'environment' | 'calls'>,
) => Partial<Pick<ChunkFetcherDeps, 'pace' | 'nonces'>>;

/** An owner whose one chunk is held by these, and not on its own disk unless `isLocal`. */
async function setUp(
  holders: readonly (typeof BEN)[],
  broken: Break = () => ({}),
  isLocal = false,
) {
  const owner = await createOwner('fetch');
  const { environment, clock, crypto, library, chunk } = owner;
  const source = await owner.chunks.get(`own/${chunk}`);
  if (!source.ok) throw new Error(source.error);
  const bodies = new Map<DeviceId, Bytes>();
  const copies: Copy[] = [];
  for (const { device, member } of holders) {
    const place = {
      circle: CIRCLE,
      chunkId: chunk,
      node: device,
      holderMember: member,
      sealEpoch: 0,
    };
    const sealed = await crypto.sealReplica(place, source.value.slice());
    if (!sealed.ok) throw new Error(sealed.error);
    const { replicaId, size, sha256, body } = sealed.value;
    bodies.set(device, body.slice(0, size));
    copies.push({
      device,
      member,
      replica_id: replicaId,
      seal_epoch: 0,
      size,
      sha256,
      state: 'stored',
      confirmed: 0,
    });
  }
  await library.updatePiece(chunk, (piece) => ({ ...piece, copies, local: isLocal }));

  const nonces = new Map(holders.map(({ device }) => [device, createNonces(environment)]));
  const latency = new Map<DeviceId, number>();
  let silent = 0;
  let took = 0;
  const served = new Map<DeviceId, number>();
  const asked: string[] = [];
  let refused = 0;
  let ended = 0;
  let lost = 0;

  function answer(device: DeviceId, request: PeerRequest): { reply: PeerReply; body?: Bytes } {
    const own = nonces.get(device);
    if (request.type === 'challenge' && own !== undefined) {
      return { reply: { type: 'nonces', ...own.issue(ME, request.count) } };
    }
    if (request.type !== 'retrieve_request') throw new Error('never asked');
    if (own?.spend(ME, request.nonce, request.expiry) !== true) {
      refused++;
      return { reply: { type: 'refused', reason: 'denied' } };
    }
    served.set(device, (served.get(device) ?? 0) + 1);
    const { replica_id } = request;
    const body = bodies.get(device)?.slice() ?? new Uint8Array();
    return {
      reply: { type: 'retrieve_response', replica_id, seal_epoch: 0, node_id: device },
      body,
    };
  }

  const calls = createPeerCalls({
    async call(_lane, to, payload, { signal }) {
      const request = peerRequest.decode(payload);
      if (!request.ok) return fail('refused');
      asked.push(request.value.type);
      const isSilent = request.value.type === 'retrieve_request' && silent-- > 0;
      const isOver = await new Promise<boolean>((resolve) => {
        signal.addEventListener('abort', () => {
          ended++;
          resolve(true);
        });
        environment.after(isSilent ? 60_000 : (latency.get(to) ?? 50), () => {
          resolve(false);
        });
      });
      if (isOver) return fail('aborted');
      const { reply, body } = answer(to, request.value);
      return ok({ payload: peerReply.encode(reply), body: body ?? new Uint8Array() });
    },
  });
  const fetcher = createChunkFetcher({
    circle: CIRCLE,
    self: ME,
    owner: owner.member,
    environment,
    calls,
    chunks: owner.chunks,
    crypto,
    library,
    isHere: () => true,
    onLost: () => lost++,
    signal: never,
    ...broken({ environment, calls }),
  });
  const manifest = library.file(owner.file)?.manifest;
  if (manifest === undefined) throw new Error('no file');
  const { keyBox, fileId, size } = manifest;
  const piece = { keyBox, fileId, index: 0, final: true };
  const plain = await crypto.openPiece({ ...piece, keyBox: keyBox.slice() }, chunk, source.value);
  if (!plain.ok) throw new Error(plain.error);
  expect(plain.value).toHaveLength(pieceLayout(size).piece(0).paddedLength);

  return {
    owner,
    environment,
    clock,
    fetcher,
    plain: plain.value,
    latency,
    asked,
    refused: () => refused,
    ended: () => ended,
    lost: () => lost,
    served: (device: DeviceId) => served.get(device) ?? 0,
    /** So many requests from now on get no answer. */
    silence(requests: number) {
      silent = requests;
    },
    /** Milliseconds of the last one. */
    took: () => took,
    spoil(device: DeviceId) {
      const body = bodies.get(device);
      if (body !== undefined) body[7] = (body[7] ?? 0) ^ 1;
    },
    restart: (device: DeviceId) => nonces.set(device, createNonces(environment)),
    start,
    drive,
    /** The piece, as time passes. */
    fetch: () => drive(start()),
  };

  async function start(): Promise<Bytes | undefined> {
    const before = environment.monotonic();
    const found = await fetcher.fetchPiece(chunk, piece, never);
    took = environment.monotonic() - before;
    return found.ok ? found.value : undefined;
  }

  async function drive<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    await clock.runUntil(() => isDone, 120_000);
    return done;
  }
}
