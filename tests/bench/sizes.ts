import { appSizes, MAX_SIZES } from '../../scripts/app-sizes.mjs';
import { figure, type Figure } from './figures.ts';

const KIB = 1024;

/** The build's weight against what `npm run check` allows. */
export async function benchSizes(): Promise<readonly Figure[]> {
  const sizes = await appSizes();
  const gzipped = (name: string, stage: 'shell' | 'connected' | 'stored') =>
    figure(name, sizes[stage] / KIB, 'KiB gz', MAX_SIZES[stage] / KIB);
  return [
    gzipped('JavaScript at first paint', 'shell'),
    gzipped('JavaScript until connected', 'connected'),
    gzipped('JavaScript until the first stored file', 'stored'),
    figure('precache', sizes.precache / KIB, 'KiB', MAX_SIZES.precache / KIB),
  ];
}
