import type { Stream } from '@libp2p/interface';
import { RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2';

type CircuitEnd = Pick<Stream, 'protocol' | 'writableNeedsDrain' | 'abort'>;

/**
 * Ends circuits whose far side takes nothing, and returns how many. libp2p's relay reads the one
 * side of a circuit however slow the other is (@libp2p/utils 7.4, `pipe`), so a device that
 * ignores the flow control between the two ends could fill the memory. Called when it does.
 */
export function endStuckCircuits(
  connections: readonly { readonly streams: readonly CircuitEnd[] }[],
): number {
  let ended = 0;
  for (const { streams } of connections) {
    for (const stream of [...streams]) {
      const { protocol, writableNeedsDrain } = stream;
      if (protocol !== RELAY_V2_HOP_CODEC && protocol !== RELAY_V2_STOP_CODEC) continue;
      if (!writableNeedsDrain) continue;
      stream.abort(new Error('the other side takes nothing'));
      ended += 1;
    }
  }
  return ended;
}
