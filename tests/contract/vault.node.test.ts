import { createSeededRandom } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { describeVault } from './vault-contract.ts';

describeVault('memory', () => {
  const random = createSeededRandom('vault');
  const [key, otherKey] = [random(32), random(32)];
  return Promise.resolve({
    open: () => createMemoryVault({ random, key }),
    openOther: () => createMemoryVault({ random, key: otherKey }),
  });
});
