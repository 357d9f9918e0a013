import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes in use after everything that can be collected was. */
export function createHeapMeter() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const inUse = () => {
    // Buffers go in the background after a collection; the next one waits until they are gone.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = inUse();
  let most = 0;
  return {
    look() {
      most = Math.max(most, inUse() - before);
    },
    most: () => most,
  };
}
