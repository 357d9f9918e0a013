import type { Environment } from '../../ports/environment.ts';
import { createWebRandom } from '../crypto/web-random.ts';

export function createWebEnvironment(): Environment {
  return {
    now: () => Math.floor(Date.now() / 1000),
    monotonic: () => performance.now(),
    random: createWebRandom(crypto),
    after(ms, task) {
      const timer = setTimeout(task, ms);
      return () => {
        clearTimeout(timer);
      };
    },
  };
}
