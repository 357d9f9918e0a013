import { join } from 'node:path';
import { build } from 'vite';

const PAGES = join(import.meta.dirname, 'pages');
const OUT = join(import.meta.dirname, '../../.cache/bench-pages');

/** Bundles tests/bench/pages/<name>.ts as the app is bundled; the folder with <name>.js in it. */
export async function pageScripts(name: string): Promise<string> {
  const outDir = join(OUT, name);
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      rolldownOptions: {
        input: join(PAGES, `${name}.ts`),
        output: { entryFileNames: `${name}.js` },
      },
    },
  });
  return outDir;
}
