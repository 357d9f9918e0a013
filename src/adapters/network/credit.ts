import { STREAM_CREDIT_BYTES } from '../../domain/limits.ts';

/** How much the sender of one direction of a stream may still send. */
export interface SendingCredit {
  /** False: wait for a refill. */
  spend(bytes: number): boolean;
  /** False: the other side acknowledges what was never sent. */
  refill(bytes: number): boolean;
}

/** What the receiver of one direction has to acknowledge. */
export interface ReceivingCredit {
  /** False: the other side sent more than it was allowed to. */
  take(bytes: number): boolean;
  /** Bytes to acknowledge now, or 0 while it is not worth a frame. */
  due(): number;
}

/** Well below the window less one frame, so that sender and receiver never wait for each other. */
const ACKNOWLEDGE_BYTES = STREAM_CREDIT_BYTES / 4;

export function createSendingCredit(): SendingCredit {
  let unacknowledged = 0;
  return {
    spend(bytes) {
      if (unacknowledged + bytes > STREAM_CREDIT_BYTES) return false;
      unacknowledged += bytes;
      return true;
    },
    refill(bytes) {
      unacknowledged -= bytes;
      return unacknowledged >= 0;
    },
  };
}

export function createReceivingCredit(): ReceivingCredit {
  let taken = 0;
  return {
    take(bytes) {
      taken += bytes;
      return taken <= STREAM_CREDIT_BYTES;
    },
    due() {
      if (taken < ACKNOWLEDGE_BYTES) return 0;
      const bytes = taken;
      taken = 0;
      return bytes;
    },
  };
}
