import { randomBytes } from 'node:crypto';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import * as v from 'valibot';
import type { DataFolder } from './data-folder.ts';
import { StartError } from './start-error.ts';

export const IDENTITY_FILE = 'identity.json';

const identityFile = v.strictObject({
  version: v.literal(1),
  seed: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Derivable from the seed; kept beside it so that damage shows. */
  peer: v.string(),
});

/**
 * The relay's Ed25519 key: made once, then always the same, because every invite link names it.
 * A damaged file stops the start: a new identity would silently cut off every circle.
 */
export async function loadIdentity(folder: DataFolder): Promise<Ed25519PrivateKey> {
  const text = await folder.read(IDENTITY_FILE);
  if (text === undefined) return createIdentity(folder);

  const key = await readIdentity(text);
  if (key === undefined) {
    throw new StartError(
      `The identity file ${folder.pathOf(IDENTITY_FILE)} is damaged; put a backup in its place, ` +
        'or delete it to become a new relay that existing invite links do not know.',
    );
  }
  return key;
}

async function createIdentity(folder: DataFolder): Promise<Ed25519PrivateKey> {
  const seed = randomBytes(32);
  const key = await generateKeyPairFromSeed('Ed25519', seed);
  const peer = peerIdFromPrivateKey(key).toString();
  const content = { version: 1, seed: seed.toString('hex'), peer };
  await folder.write(IDENTITY_FILE, `${JSON.stringify(content)}\n`);
  return key;
}

async function readIdentity(text: string): Promise<Ed25519PrivateKey | undefined> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(identityFile, raw);
  if (!parsed.success) return undefined;
  const key = await generateKeyPairFromSeed('Ed25519', Buffer.from(parsed.output.seed, 'hex'));
  return peerIdFromPrivateKey(key).toString() === parsed.output.peer ? key : undefined;
}
