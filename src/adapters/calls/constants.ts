import { MAX_FRAME_BYTES } from '../../domain/limits.ts';
import type { AccessRefusal } from '../../ports/network.ts';

/** A call ends with `timeout` after this long without a frame of its answer, however slow the rest. */
export const CALL_TIMEOUT_MS = 30_000;
/** Payload of one request or answer: a frame less its envelope. */
export const MAX_PAYLOAD_BYTES = MAX_FRAME_BYTES - 256;
/** Devices outside the roster that may talk to us at once: people who join, and news we have not heard yet. */
export const MAX_UNKNOWN_PEERS = 16;
/** Requests of one such device served at once. */
export const MAX_UNKNOWN_REQUESTS = 4;
/**
 * A relay that refused us is asked again this much later. Members bring invites back soon after a
 * relay restarts; a code changes only by someone typing it, and wrong ones are counted.
 */
export const REFUSED_RETRY_MS: Readonly<Record<AccessRefusal, number>> = {
  'unknown-invite': 5_000,
  full: 15_000,
  refused: 15_000,
  'code-needed': 60_000,
  'wrong-code': 60_000,
};
