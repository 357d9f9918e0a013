import type { Bytes } from '../domain/bytes.ts';
import { nodeCount } from '../domain/files/chunk-list.ts';
import type { SealedManifest } from '../domain/files/manifest.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import type { FileRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { LibraryFile } from './library.ts';
import type { Records } from './records.ts';

/**
 * Manifests in one call: the way to a worker and back costs more than to open a small one. Few enough
 * that several calls keep all workers busy, and of large ones so few that no answer is a long read.
 */
const OPEN_AT_ONCE = 64;
const OPEN_BYTES_AT_ONCE = 64 * 1024;

type OpenedFile = Result<LibraryFile, 'damaged'>;

/** The manifests of these records. Those with nodes, which may be large, come one after the other. */
export async function openFiles(
  records: Records,
  crypto: CryptoPool,
  found: readonly FileRecord[],
): Promise<readonly OpenedFile[]> {
  const small = found.filter((record) => nodesOf(record) === 0);
  const calls = batchesOf(small).map((batch) => openSome(records, crypto, batch));
  const opened = (await Promise.all(calls)).flat();
  for (const record of found) {
    if (nodesOf(record) > 0) opened.push(...(await openSome(records, crypto, [record])));
  }
  return opened;
}

function batchesOf(found: readonly FileRecord[]): readonly (readonly FileRecord[])[] {
  const batches: FileRecord[][] = [];
  let bytes = 0;
  for (const record of found) {
    const last = batches.at(-1);
    bytes += record.manifest?.length ?? 0;
    if (last !== undefined && last.length < OPEN_AT_ONCE && bytes <= OPEN_BYTES_AT_ONCE) {
      last.push(record);
    } else {
      batches.push([record]);
      bytes = record.manifest?.length ?? 0;
    }
  }
  return batches;
}

async function openSome(
  records: Records,
  crypto: CryptoPool,
  found: readonly FileRecord[],
): Promise<readonly OpenedFile[]> {
  const opened: OpenedFile[] = [];
  const sealed: (SealedManifest & { readonly record: LibraryFile['record'] })[] = [];
  for (const { manifest, ...record } of found) {
    if (manifest === null) {
      opened.push(ok({ record, manifest: undefined }));
      continue;
    }
    const nodes = await readNodes(records, record);
    if (nodes === undefined) opened.push(fail('damaged'));
    else sealed.push({ manifest, nodes, record });
  }
  if (sealed.length === 0) return opened;
  const manifests = await crypto.openManifests(
    sealed.map(({ manifest, nodes }) => ({ manifest, nodes })),
  );
  for (const [index, { record }] of sealed.entries()) {
    opened.push(fileOf(record, manifests[index] ?? fail('damaged')));
  }
  return opened;
}

/** The file of a record, if the manifest is its own. */
function fileOf(
  record: LibraryFile['record'],
  manifest: Result<ManifestView, 'damaged'>,
): OpenedFile {
  if (!manifest.ok) return manifest;
  const isItsOwn = manifest.value.fileId === record.file_id && manifest.value.size === record.size;
  return isItsOwn ? ok({ record, manifest: manifest.value }) : fail('damaged');
}

/** Undefined if one of them is not there or damaged. */
async function readNodes(
  records: Records,
  record: LibraryFile['record'],
): Promise<readonly Bytes[] | undefined> {
  const nodes: Bytes[] = [];
  for (let index = 0; index < nodesOf(record); index++) {
    const node = await records.nodes.read(record.file_id, index);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function nodesOf({ size }: Pick<FileRecord, 'size'>): number {
  return nodeCount(pieceLayout(size).count);
}
