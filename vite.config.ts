import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * `vite build` makes the app in dist/. `vite build --mode gallery` makes the page that shows every
 * screen in every state; it is for development and tests and never part of the app.
 */
export default defineConfig(({ mode }) => {
  const gallery = mode === 'gallery';
  return {
    root: gallery ? here('./src/ui/gallery') : here('.'),
    publicDir: here('./public'),
    plugins: [
      svelte({ configFile: here('./svelte.config.js') }),
      ...(gallery ? [] : [offlineShell()]),
    ],
    build: {
      outDir: gallery ? here('./.cache/gallery') : here('./dist'),
      emptyOutDir: true,
      target: 'es2023',
      assetsDir: 'assets',
      // Inlined assets would be data: addresses, which the Content-Security-Policy refuses.
      assetsInlineLimit: 0,
      // The polyfill is an inline script; every browser that runs this app preloads modules itself.
      modulePreload: { polyfill: false },
    },
    worker: { format: 'es' },
  };
});

function offlineShell() {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: 'src',
    filename: 'service-worker.ts',
    // Registered by src/main.ts: an injected script would be inline.
    injectRegister: false,
    // public/manifest.webmanifest is written by hand.
    manifest: false,
    injectManifest: {
      rollupFormat: 'iife',
      globPatterns: ['**/*.{html,js,css,svg,png,webmanifest,wasm}'],
      globIgnores: ['service-worker.js'],
      dontCacheBustURLsMatching: /^assets\//,
      maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
    },
  });
}
