import { afterEach, describe, expect, it } from 'vitest';
import { lp, type Bytes } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { chunkIdOf } from '../../src/domain/files/chunk-cipher.ts';
import type { SealedManifest } from '../../src/domain/files/manifest.ts';
import { pieceLayout } from '../../src/domain/files/padding.ts';
import { replicaIdOf } from '../../src/domain/files/seal.ts';
import {
  idBytes,
  idOf,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type FileId,
  type MemberId,
} from '../../src/domain/ids.ts';
import { verifyEd25519 } from '../../src/domain/identity/signatures.ts';
import {
  deleteNonce,
  ownershipContext,
  verifyOwnership,
} from '../../src/domain/proofs/ownership.ts';
import { tagsLength } from '../../src/domain/proofs/retrievability.ts';
import { fail, type Result } from '../../src/domain/result.ts';
import type {
  CryptoPool,
  ManifestView,
  Piece,
  PlaceOfChunk,
  ProofContext,
} from '../../src/ports/crypto-pool.ts';
import { bytes } from './chunk-store-contract.ts';

export interface CryptoPoolRig {
  readonly pool: CryptoPool;
  /** Another pool over the same vault, as after a restart. */
  reopen(): CryptoPool;
  dispose(): Promise<void>;
}

const circle = idOf<CircleId>(new Uint8Array(32).fill(0x11));
const node = idOf<DeviceId>(new Uint8Array(32).fill(0x22));
const otherNode = idOf<DeviceId>(new Uint8Array(32).fill(0x23));
const holderMember = idOf<MemberId>(new Uint8Array(32).fill(0x66));
const requester = idOf<DeviceId>(new Uint8Array(32).fill(0x55));
const LENGTH = 12_288;
const damaged = { ok: false, error: 'damaged' };

/** What every crypto pool promises, in one thread or several. */
export function describeCryptoPool(name: string, make: () => Promise<CryptoPoolRig>): void {
  describe(`crypto pool: ${name}`, () => {
    const rigs: CryptoPoolRig[] = [];
    async function open(): Promise<CryptoPoolRig> {
      const rig = await make();
      rigs.push(rig);
      return rig;
    }
    async function openMember(): Promise<CryptoPoolRig & { readonly member: MemberId }> {
      const rig = await open();
      const { member } = await rig.pool.createMember();
      return { ...rig, member: member.member };
    }
    afterEach(async () => {
      for (const rig of rigs.splice(0)) await rig.dispose();
    });

    it('brings a piece back through locking, sealing, unsealing and opening', async () => {
      const { pool } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(LENGTH - 100));
      expect(chunkIdOf(chunk)).toBe(chunkId);
      const place = placeOf(chunkId);
      const replica = valueOf(await pool.sealReplica(place, chunk.slice()));
      expect(replica.size).toBe(chunk.length);
      const sealed = replica.body.slice(0, replica.size);
      expect(sealed).not.toEqual(chunk);
      expect(replica.sha256).toEqual(sha256(sealed));
      expect(replica.replicaId).toBe(replicaIdOf(circle, chunkId, node, 0));
      expect(replica.body).toHaveLength(replica.size + tagsLength(replica.size));
      const unsealed = valueOf(await pool.unsealReplica(place, sealed));
      expect(unsealed).toEqual(chunk);
      const plain = valueOf(await pool.openPiece(piece, chunkId, unsealed));
      expect(plain).toHaveLength(LENGTH);
      expect(plain.subarray(0, LENGTH - 100)).toEqual(bytes(LENGTH - 100));
      expect(plain.subarray(LENGTH - 100).every((byte) => byte === 0)).toBe(true);
    });

    it('opens a replica in one go, and no other bytes, place or piece', async () => {
      const { pool } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(LENGTH));
      const place = placeOf(chunkId);
      const replica = valueOf(await pool.sealReplica(place, chunk));
      const sealed = replica.body.slice(0, replica.size);
      expect(valueOf(await pool.openReplica(piece, place, sealed.slice()))).toEqual(bytes(LENGTH));
      const wrong = { ok: false, error: 'wrong-bytes' };
      const elsewhere = placeOf(chunkId, otherNode);
      const next = { ...piece, index: 1 };
      expect(await pool.openReplica(piece, place, flipped(sealed))).toEqual(wrong);
      expect(await pool.openReplica(piece, elsewhere, sealed.slice())).toEqual(wrong);
      expect(await pool.openReplica(next, place, sealed.slice())).toEqual(wrong);
    });

    it('locks pure padding and a full piece of a mebibyte', async () => {
      const { pool } = await openMember();
      const empty = await lock(pool, bytes(0));
      expect(valueOf(await pool.openPiece(empty.piece, empty.chunkId, empty.chunk))).toEqual(
        new Uint8Array(LENGTH),
      );
      const length = 1024 * 1024;
      const full = await lock(pool, bytes(length), length);
      const plain = valueOf(await pool.openPiece(full.piece, full.chunkId, full.chunk));
      expect(plain.every((byte, i) => byte === ((i * 7 + (i >> 8) + 3) & 255))).toBe(true);
    });

    it('makes other bytes for every holder and every seal epoch, and the same for one', async () => {
      const { pool } = await openMember();
      const { chunkId, chunk } = await lock(pool, bytes(LENGTH));
      const places = [placeOf(chunkId), placeOf(chunkId, otherNode), placeOf(chunkId, node, 1)];
      const seen = new Set<string>();
      for (const place of places) {
        const replica = valueOf(await pool.sealReplica(place, chunk.slice()));
        const again = valueOf(await pool.sealReplica(place, chunk.slice()));
        expect(again).toEqual(replica);
        seen.add(replica.replicaId).add(String(replica.sha256));
      }
      expect(seen.size).toBe(6);
    });

    it('seals a chunk that is open for others as it does from its bytes, until it is not wanted', async () => {
      const { pool } = await openMember();
      const { chunkId, chunk } = await lock(pool, bytes(LENGTH));
      const other = placeOf(chunkId, otherNode);
      const notOpen = { ok: false, error: 'not-open' };
      expect(await pool.sealAgain(other, true)).toEqual(notOpen);
      valueOf(await pool.sealReplica(placeOf(chunkId), chunk.slice(), true));
      const again = valueOf(await pool.sealAgain(other, true));
      expect(again).toEqual(valueOf(await pool.sealReplica(other, chunk.slice())));
      expect(valueOf(await pool.sealAgain(placeOf(chunkId, node, 1), false)).body).not.toEqual(
        again.body,
      );
      expect(await pool.sealAgain(other, true)).toEqual(notOpen);
      // Not kept open unless asked for, and never when it is not what its id says.
      valueOf(await pool.sealReplica(placeOf(chunkId), chunk.slice()));
      expect(await pool.sealAgain(other, true)).toEqual(notOpen);
      expect((await pool.sealReplica(placeOf(chunkId), flipped(chunk), true)).ok).toBe(false);
      expect(await pool.sealAgain(other, true)).toEqual(notOpen);
    });

    it('keeps only so many chunks open', async () => {
      const { pool } = await openMember();
      const ids: ChunkId[] = [];
      for (let i = 0; i < 20; i++) {
        const { chunkId, chunk } = await lock(pool, bytes(4096), 4096);
        valueOf(await pool.sealReplica(placeOf(chunkId), chunk, true));
        ids.push(chunkId);
      }
      const open = await Promise.all(
        ids.map(async (id) => (await pool.sealAgain(placeOf(id, otherNode), true)).ok),
      );
      expect(open.at(-1)).toBe(true);
      // Two workers, six each.
      expect(open.filter(Boolean).length).toBeLessThanOrEqual(12);
    });

    it('never encrypts one piece to the same chunk twice', async () => {
      const { pool } = await openMember();
      const { keyBox, fileId } = await pool.newFile();
      const piece: Piece = { keyBox, fileId, index: 0, final: true };
      const one = valueOf(await pool.lockPiece(piece, new Blob([bytes(LENGTH)]), LENGTH));
      const two = valueOf(await pool.lockPiece(piece, new Blob([bytes(LENGTH)]), LENGTH));
      expect(one.chunkId).not.toBe(two.chunkId);
    });

    it('refuses to seal, unseal or open wrong bytes', async () => {
      const { pool } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(LENGTH));
      const place = placeOf(chunkId);
      const replica = valueOf(await pool.sealReplica(place, chunk.slice()));
      const sealed = replica.body.slice(0, replica.size);
      const wrong = { ok: false, error: 'wrong-bytes' };
      for (const bad of [flipped(chunk), chunk.slice(1), new Uint8Array(0)]) {
        expect(await pool.sealReplica(place, bad.slice())).toEqual(wrong);
        expect(await pool.openPiece(piece, chunkId, bad.slice())).toEqual(wrong);
      }
      expect(await pool.unsealReplica(place, flipped(sealed))).toEqual(wrong);
      expect(await pool.unsealReplica(placeOf(chunkId, otherNode), sealed.slice())).toEqual(wrong);
      expect(await pool.unsealReplica(placeOf(chunkId, node, 1), sealed.slice())).toEqual(wrong);
    });

    it('refuses a true chunk in another place of the file, or of another file', async () => {
      const { pool } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(LENGTH));
      const wrong = { ok: false, error: 'wrong-bytes' };
      expect(await pool.openPiece({ ...piece, index: 1 }, chunkId, chunk.slice())).toEqual(wrong);
      expect(await pool.openPiece({ ...piece, final: false }, chunkId, chunk.slice())).toEqual(
        wrong,
      );
      const other = await pool.newFile();
      const elsewhere = { ...piece, ...other };
      expect(await pool.openPiece(elsewhere, chunkId, chunk.slice())).toEqual(wrong);
    });

    it('says unreadable when the file cannot be read any more', async () => {
      const { pool } = await openMember();
      const { keyBox, fileId } = await pool.newFile();
      const piece: Piece = { keyBox, fileId, index: 0, final: true };
      await expect(pool.lockPiece(piece, new Blob([bytes(10)]), 5)).rejects.toThrow();
      expect((await pool.lockPiece(piece, new Blob([bytes(10)]), 4096)).ok).toBe(true);
    });

    it.each(['retrieve', 'repair', 'delete'] as const)(
      'proves ownership for %s',
      async (operation) => {
        const { pool, member } = await openMember();
        const { chunkId, chunk } = await lock(pool, bytes(LENGTH));
        const replica = valueOf(await pool.sealReplica(placeOf(chunkId), chunk));
        const context: ProofContext = {
          circle,
          holder: node,
          requester,
          operation,
          replicaId: replica.replicaId,
          nonce: deleteNonce(member, replica.replicaId),
          expiry: 0,
        };
        const proof = await pool.proveOwnership(chunkId, context);
        const keys = { retrieve: replica.yRead, repair: replica.yRepair, delete: replica.yOwn };
        for (const [key, y] of Object.entries(keys)) {
          expect(verifyOwnership(y, contextOf(context), proof)).toBe(key === operation);
        }
        const elsewhere = contextOf({ ...context, holder: otherNode });
        expect(verifyOwnership(keys[operation], elsewhere, proof)).toBe(false);
      },
    );

    it('signs tagged messages as root and as generation, and nothing else', async () => {
      const { pool } = await open();
      const { member } = await pool.createMember();
      const message = lp('quloud/v1/test', bytes(10));
      const asRoot = await pool.sign('root', message.slice());
      expect(verifyEd25519(idBytes(member.member), message, asRoot)).toBe(true);
      const asGeneration = await pool.sign('generation', message.slice());
      expect(verifyEd25519(member.signKey, message, asGeneration)).toBe(true);
      for (const bad of [bytes(40), new Uint8Array(0), lp('other/v1/test'), lp('quloud/v2/x')]) {
        await expect(pool.sign('generation', bad)).rejects.toMatchObject({
          name: 'MessageNotTaggedError',
        });
      }
    });

    it('keeps a manifest, and the file key stays in its box', async () => {
      const { pool } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(4096), 4096);
      const manifest = manifestOf(piece, chunkId);
      const sealed = await pool.sealManifest(manifest);
      expect(sealed.nodes).toEqual([]);
      const opened = valueOf(await openManifest(pool, sealed));
      expect({ ...opened, keyBox: undefined }).toEqual({ ...manifest, keyBox: undefined });
      const reborn = { ...piece, keyBox: opened.keyBox };
      expect((await pool.openPiece(reborn, chunkId, chunk)).ok).toBe(true);
    });

    it('reports a damaged manifest and rejects a damaged key box', async () => {
      const { pool } = await openMember();
      const { piece, chunkId } = await lock(pool, bytes(4096), 4096);
      const manifest = manifestOf(piece, chunkId);
      const sealed = await pool.sealManifest(manifest);
      expect(await openManifest(pool, { manifest: flipped(sealed.manifest), nodes: [] })).toEqual(
        damaged,
      );
      const broken = { ...manifest, keyBox: flipped(manifest.keyBox) };
      await expect(pool.sealManifest(broken)).rejects.toMatchObject({ name: 'KeyBoxError' });
    });

    it('keeps the manifest of a file of several thousand chunks, all of it or nothing', async () => {
      const { pool } = await openMember();
      const { keyBox, fileId } = await pool.newFile();
      const size = 8 * 1024 ** 3 + 1;
      const manifest = {
        ...manifestOf({ keyBox, fileId }, idOf<ChunkId>(bytes(32))),
        size,
        chunks: Array.from({ length: pieceLayout(size).count }, (_, i) =>
          idOf<ChunkId>(bytes(32, i)),
        ),
      };
      const sealed = await pool.sealManifest(manifest);
      expect(sealed.nodes.length).toBe(2);
      const opened = valueOf(await openManifest(pool, sealed));
      expect(opened.chunks).toEqual(manifest.chunks);
      const [first, second] = sealed.nodes as [Bytes, Bytes];
      for (const nodes of [[], [first], [second, first], [first, flipped(second)]]) {
        expect(await openManifest(pool, { ...sealed, nodes })).toEqual(damaged);
      }
    });

    it('opens many manifests in one call, each with its own answer in its place', async () => {
      const { pool } = await openMember();
      const sealed = await Promise.all(
        Array.from({ length: 5 }, async (_, index) => {
          const chunk = idOf<ChunkId>(bytes(32, index));
          return pool.sealManifest(manifestOf(await pool.newFile(), chunk));
        }),
      );
      const third = sealed[2]!;
      const opened = await pool.openManifests(
        sealed.with(2, { ...third, manifest: flipped(third.manifest) }),
      );
      expect(opened.map((one) => one.ok && one.value.chunks[0])).toEqual(
        sealed.map((_, index) => index !== 2 && idOf<ChunkId>(bytes(32, index))),
      );
      expect(await pool.openManifests([])).toEqual([]);
    });

    it('is the same member after a restart', async () => {
      const rig = await open();
      const { wrapped, member } = await rig.pool.createMember();
      const { piece, chunkId, chunk } = await lock(rig.pool, bytes(LENGTH));
      const { keyBox, fileId } = piece;
      const later = rig.reopen();
      const opened = valueOf(await later.openMember(wrapped.slice()));
      expect({ ...opened, wrappedToRoot: 0 }).toEqual({ ...member, wrappedToRoot: 0 });
      expect(
        (await later.openPiece({ keyBox, fileId, index: 0, final: true }, chunkId, chunk)).ok,
      ).toBe(true);
    });

    it('reports a damaged member and does nothing before one is open', async () => {
      const { pool } = await open();
      const { wrapped } = await (await open()).pool.createMember();
      expect(await pool.openMember(flipped(wrapped))).toEqual({ ok: false, error: 'damaged' });
      await expect(pool.newFile()).rejects.toMatchObject({ name: 'MemberNotOpenError' });
    });

    it('opens nothing of another member', async () => {
      const { pool } = await openMember();
      const { pool: stranger } = await openMember();
      const { piece, chunkId, chunk } = await lock(pool, bytes(4096), 4096);
      const sealed = await pool.sealManifest(manifestOf(piece, chunkId));
      expect((await openManifest(stranger, sealed)).ok).toBe(false);
      await expect(stranger.openPiece(piece, chunkId, chunk)).rejects.toMatchObject({
        name: 'KeyBoxError',
      });
    });

    it('answers many calls side by side, each with its own result', async () => {
      const { pool } = await openMember();
      const { keyBox, fileId } = await pool.newFile();
      const work = Array.from({ length: 16 }, async (_, index) => {
        const piece: Piece = { keyBox, fileId, index, final: index === 15 };
        const data = new Blob([bytes(4096, index)]);
        const { chunkId, chunk } = valueOf(await pool.lockPiece(piece, data, 4096));
        return valueOf(await pool.openPiece(piece, chunkId, chunk));
      });
      const plains = await Promise.all(work);
      plains.forEach((plain, index) => {
        expect(plain).toEqual(bytes(4096, index));
      });
    });
  });
}

async function lock(
  pool: CryptoPool,
  data: Bytes,
  padded = LENGTH,
): Promise<{ piece: Piece; chunkId: ChunkId; chunk: Bytes }> {
  const { keyBox, fileId } = await pool.newFile();
  const piece: Piece = { keyBox, fileId, index: 0, final: true };
  return { piece, ...valueOf(await pool.lockPiece(piece, new Blob([data]), padded)) };
}

async function openManifest(
  pool: CryptoPool,
  sealed: SealedManifest,
): Promise<Result<ManifestView, 'damaged'>> {
  const [opened] = await pool.openManifests([sealed]);
  return opened ?? fail('damaged');
}

function placeOf(chunkId: ChunkId, holder = node, sealEpoch = 0): PlaceOfChunk {
  return { circle, chunkId, node: holder, holderMember, sealEpoch };
}

function contextOf({ replicaId, ...context }: ProofContext): Bytes {
  return ownershipContext({ ...context, subject: replicaId, payload: new Uint8Array(0) });
}

function manifestOf(piece: { fileId: FileId; keyBox: Bytes }, chunkId: ChunkId): ManifestView {
  return {
    fileId: piece.fileId,
    keyBox: piece.keyBox,
    version: 1,
    name: 'été 🌞.jpg',
    folder: ['Été', 'Rome'],
    type: 'image/jpeg',
    size: 4000,
    modified: 1_750_000_000,
    chunks: [chunkId],
  };
}

function valueOf<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(`unexpected ${String(result.error)}`);
  return result.value;
}

function flipped(given: Bytes): Bytes {
  const copy = given.slice();
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
}
