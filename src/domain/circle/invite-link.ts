import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import * as v from 'valibot';
import { concat, equalBytes, lp, own, u8, type Bytes } from '../bytes.ts';
import { hkdf, sha256 } from '../digest.ts';
import { idBytes, idOf, type CircleId, type DeviceId, type InviteId } from '../ids.ts';
import { signEd25519 } from '../identity/signatures.ts';
import {
  MAX_ADDRESS_BYTES,
  MAX_CIRCLE_NAME_BYTES,
  MAX_LINK_CHARS,
  MAX_PERSON_NAME_BYTES,
  MAX_RELAYS,
} from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, createCodec, textUpTo, uintUpTo } from '../wire/codec.ts';
import { isPersonName } from './names.ts';
import { fromBase64Url, toBase64Url } from './text-code.ts';

/** What an invite link carries. Never an epoch key. docs/protocol.md, Invite. */
export interface InviteLink {
  readonly circle: CircleId;
  /** 16 random bytes; everything the invite can do comes from them. */
  readonly secret: Bytes;
  /** Names for the Join screen; nothing else of the circle shows. */
  readonly inviter: string;
  readonly circleName: string;
  readonly inviterDevice: DeviceId;
  /** Multiaddrs. */
  readonly relays: readonly string[];
  /** Unix seconds. */
  readonly expires: number;
}

const VERSION = 1;
const CHECKSUM_BYTES = 4;
const SECRET_BYTES = 16;
/** Shorter text without `#j=` is no code that lost its link, but something else. */
const MIN_BARE_CODE_CHARS = 24;

// By position, not by name: a QR code is easier to scan the less it holds.
const payloadCodec = createCodec(
  v.strictTuple([
    bytesOf(32),
    bytesOf(SECRET_BYTES),
    v.pipe(textUpTo(MAX_PERSON_NAME_BYTES), v.check(isPersonName)),
    v.pipe(textUpTo(MAX_CIRCLE_NAME_BYTES), v.check(isPersonName)),
    bytesOf(32),
    v.pipe(v.array(textUpTo(MAX_ADDRESS_BYTES)), v.maxLength(MAX_RELAYS)),
    uintUpTo(),
  ]),
  { maxBytes: MAX_LINK_CHARS },
);

/** `<origin>/#j=<base64url(version || payload || checksum)>`. Throws on fields over their bounds. */
export function encodeInviteLink(origin: string, link: InviteLink): string {
  const payload = payloadCodec.encode([
    idBytes(link.circle),
    link.secret,
    link.inviter,
    link.circleName,
    idBytes(link.inviterDevice),
    [...link.relays],
    link.expires,
  ]);
  const body = concat(u8(VERSION), payload);
  const text = `${origin}/#j=${toBase64Url(concat(body, checksumOf(body)))}`;
  if (!decodeInviteLink(text).ok) throw new RangeError('an invite link over its bounds');
  return text;
}

/**
 * Reads a whole link, `#j=...`, or the bare code, also with text around the link. `damaged` is what
 * a lost or changed letter gives; `newer-version` is undamaged but of a format yet unknown here.
 * Never throws.
 */
export function decodeInviteLink(
  text: string,
): Result<InviteLink, 'not-a-link' | 'damaged' | 'newer-version'> {
  const code = codeIn(text);
  if (code === undefined) return fail('not-a-link');
  const bytes = fromBase64Url(code);
  if (bytes === undefined || bytes.length <= CHECKSUM_BYTES) return fail('damaged');
  const body = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!equalBytes(checksumOf(body), bytes.subarray(-CHECKSUM_BYTES))) return fail('damaged');
  const version = body[0] ?? 0;
  if (version > VERSION) return fail('newer-version');
  const payload = payloadCodec.decode(body.subarray(1));
  if (version !== VERSION || !payload.ok) return fail('damaged');
  const [circle, secret, inviter, circleName, inviterDevice, relays, expires] = payload.value;
  return ok({
    circle: idOf<CircleId>(circle),
    secret,
    inviter,
    circleName,
    inviterDevice: idOf<DeviceId>(inviterDevice),
    relays,
    expires,
  });
}

/** What comes from an invite's secret. */
export interface InviteKeys {
  /** The public half of `sign`. */
  readonly invite: InviteId;
  /** Ed25519: signs the claim and the admit entry. */
  readonly sign: (message: Bytes) => Bytes;
  /** X25519: any member seals the invite package to the public half, only the secret opens it. */
  readonly boxPublic: Bytes;
  readonly boxSecret: Bytes;
  /** Buys a guest's seat at a relay. */
  readonly relayToken: Bytes;
  /** SHA-256 of the relay token, what the relay is told beforehand. */
  readonly tokenHash: Bytes;
}

export function inviteKeys(secret: Bytes, circle: CircleId): InviteKeys {
  const derive = (purpose: string) => hkdf(secret, idBytes(circle), `quloud/v1/invite/${purpose}`);
  const seed = derive('sign');
  const relayToken = derive('relay');
  const boxSecret = derive('box');
  return {
    invite: idOf<InviteId>(ed25519.getPublicKey(seed)),
    sign: (message) => signEd25519(seed, message),
    boxPublic: own(x25519.getPublicKey(boxSecret)),
    boxSecret,
    relayToken,
    tokenHash: sha256(relayToken),
  };
}

function codeIn(text: string): string | undefined {
  if (text.length > MAX_LINK_CHARS) return undefined;
  const inLink = /(?:#|%23)j=([\w-]*)/.exec(text)?.[1];
  if (inLink !== undefined) return inLink;
  const bare = text.trim();
  return bare.length >= MIN_BARE_CODE_CHARS && /^[\w-]+$/.test(bare) ? bare : undefined;
}

function checksumOf(body: Uint8Array): Bytes {
  return sha256(lp('quloud/v1/link', body)).subarray(0, CHECKSUM_BYTES);
}
