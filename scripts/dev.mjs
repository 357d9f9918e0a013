// `npm run dev [-- --port 8080] [relay options]`: the app from its sources, changes at once.
//
// Vite's development server has the port; it hands the relay's two documents and its WebSocket on
// to a relay that restarts when its files change. To the app this is one origin, as in production.
// What is different: no service worker, no Content-Security-Policy, no Trusted Types. Whatever
// touches those is tried with `npm start`, which is what the e2e tests run against too.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createNetServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'vite';
import { run } from './run.mjs';

const ROOT = resolve(import.meta.dirname, '..');
/** The relay serves a folder and refuses to start without a page in it. */
const STUB = join(ROOT, '.cache', 'dev-site');

const { port, forRelay } = readArguments(process.argv.slice(2));
const relayPort = await freePort();
const relay = `http://127.0.0.1:${relayPort}`;

mkdirSync(STUB, { recursive: true });
writeFileSync(join(STUB, 'index.html'), 'The app is where npm run dev says it is.\n');

const server = await createServer({
  root: ROOT,
  server: {
    port,
    strictPort: true,
    proxy: {
      '^/(quloud\\.json|healthz)$': relay,
      // The page itself is Vite's; only the relay's WebSocket has this path as well.
      '^/$': {
        target: relay,
        ws: true,
        bypass: (request) => (request.headers.upgrade === undefined ? request.url : undefined),
      },
    },
  },
});
try {
  await server.listen();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
server.printUrls();

const { code } = await run(
  process.execPath,
  [
    '--watch',
    '--watch-preserve-output',
    join(ROOT, 'relay-server', 'main.ts'),
    `--host=127.0.0.1`,
    `--port=${relayPort}`,
    `--public-url=http://localhost:${port}`,
    ...forRelay,
  ],
  { cwd: ROOT, env: { ...process.env, QULOUD_DIST: STUB } },
);
await server.close();
process.exit(code);

/** @param {readonly string[]} args */
function readArguments(args) {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true });
  const own = tokens.find((token) => token.kind === 'option' && token.name === 'port');
  const inline = own?.kind === 'option' && own.inlineValue === true;
  const at = own?.index ?? args.length;
  return {
    port: Number((inline ? own.value : args[at + 1]) ?? 8080),
    forRelay: args.filter((_, i) => i !== at && (inline || i !== at + 1)),
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolvePort, reject) => {
    const probe = createNetServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolvePort(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  });
}
