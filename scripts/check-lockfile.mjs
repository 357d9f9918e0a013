// The lockfile is the whole supply chain: what it may not hold.
import { readFile } from 'node:fs/promises';

/** Stands in for a React Native module that @libp2p/webrtc asks for and no browser or Node uses. */
const STAND_IN = { path: 'node_modules/react-native-webrtc', name: 'empty-npm-package' };
/** Packages of other platforms; their install scripts never run on ours. */
const MAY_HAVE_SCRIPTS = new Set(['node_modules/fsevents']);

/**
 * @typedef {object} LockedPackage
 * @property {string} [name]
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {string} [resolved]
 * @property {boolean} [hasInstallScript]
 *
 * @typedef {{ packages: Record<string, LockedPackage> }} Lockfile
 */

/**
 * @param {string} path of package-lock.json
 * @returns {Promise<{ code: number, output: string }>} code 1 and a line per fault
 */
export async function checkLockfile(path) {
  /** @type {Lockfile} */
  const lock = JSON.parse(await readFile(path, 'utf8'));
  const faults = lockfileFaults(lock);
  return { code: faults.length === 0 ? 0 : 1, output: faults.join('\n') };
}

/**
 * @param {Lockfile} lock
 * @returns {string[]}
 */
export function lockfileFaults(lock) {
  return Object.entries(lock.packages).flatMap(([where, locked]) =>
    where === '' ? [] : faultsOf(where, locked),
  );
}

/**
 * @param {string} where
 * @param {LockedPackage} locked
 */
function faultsOf(where, locked) {
  const faults = [];
  if (locked.resolved !== undefined) {
    faults.push(
      `${where}: has a download address; set omit-lockfile-registry-resolved=true and reinstall it`,
    );
  }
  if (locked.integrity === undefined) {
    faults.push(`${where}: has no integrity hash, so anyone could serve it`);
  }
  if (locked.hasInstallScript === true && !MAY_HAVE_SCRIPTS.has(where)) {
    faults.push(`${where}: runs a script when it is installed`);
  }
  const isStandIn = where === STAND_IN.path && locked.name === STAND_IN.name;
  if (/(^|\/)(@react-native\/|react-native)/.test(where) && !isStandIn) {
    faults.push(`${where}: React Native came back; see "overrides" in package.json`);
  }
  return faults;
}
