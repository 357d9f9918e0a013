import { fileURLToPath } from 'node:url';
import { greeting, lanAddresses } from './greeting.ts';
import { createLog } from './log.ts';
import { HELP, readOptions, type CommandLine } from './options.ts';
import { StartError } from './start-error.ts';
import { startRelay } from './start-relay.ts';

/** The last resort of a stop that hangs; each part has its own, shorter time. */
const EXIT_MS = 5000;

const distDir = process.env['QULOUD_DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));

try {
  const command = readOptions(process.argv.slice(2), process.env);
  if (command === 'help') process.stdout.write(HELP);
  else await run(command);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function run({ relay: options, logLevel }: CommandLine): Promise<void> {
  // The greeting comes first: what is logged until then waits for it.
  const waiting: string[] = [];
  let print = (line: string): void => void waiting.push(line);
  // At a terminal a person reads; elsewhere a collector does.
  const log = createLog(logLevel ?? (process.stdout.isTTY ? 'warn' : 'info'), (line) => {
    print(line);
  });
  const relay = await startRelay({ ...options, distDir }, { log }).catch((error: unknown) => {
    // No greeting comes any more: what was logged may say why.
    for (const line of waiting) process.stdout.write(line);
    throw error;
  });
  print = (line) => void process.stdout.write(line);
  print(
    greeting({
      relay,
      host: options.host,
      lanAddresses: lanAddresses(),
      colours: process.stdout.isTTY,
    }),
  );
  for (const line of waiting) print(line);

  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(0), EXIT_MS).unref();
    void relay.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
