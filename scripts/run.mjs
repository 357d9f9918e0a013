// Runs a command as part of this process: a signal to us is a signal to it. Runs on Node 20.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} RunOutcome
 * @property {number} code exit code; 127 if it could not be started, 128 + n if a signal ended it
 * @property {number} seconds
 * @property {string} output stdout and stderr as they came; empty unless `quiet`
 */

/**
 * If we are told to stop meanwhile, the command is told too and this process exits after it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, toStderr?: boolean, env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 *   `quiet` collects the output instead of showing it, `toStderr` shows all of it there
 * @returns {Promise<RunOutcome>}
 */
export function run(
  command,
  args,
  { quiet = false, toStderr = false, env = process.env, cwd } = {},
) {
  const started = performance.now();
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, {
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', toStderr ? 2 : 'inherit', 'inherit'],
      env,
      cwd,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
    }

    /** @type {NodeJS.Signals | undefined} */
    let told;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      told = signal;
      child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);

    /** @param {number} code */
    const end = (code) => {
      for (const signal of FORWARDED) process.off(signal, forward);
      if (told !== undefined) process.exit(codeOfSignal(told));
      resolve({ code, seconds: (performance.now() - started) / 1000, output });
    };
    child.once('error', (error) => {
      output += error.message;
      end(127);
    });
    child.once('close', (code, signal) => {
      end(code ?? codeOfSignal(signal ?? 'SIGTERM'));
    });
  });
}

/** @param {NodeJS.Signals} signal */
function codeOfSignal(signal) {
  return 128 + constants.signals[signal];
}
