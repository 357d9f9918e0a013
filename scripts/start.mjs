// `npm start`: builds the app if it is stale and becomes the relay. Options go to the relay as they are.
import { buildApp } from './app-build.mjs';

const asksForHelp = process.argv.slice(2).some((word) => word === '--help' || word === '-h');

if (!asksForHelp && !(await buildApp({ quiet: true }))) {
  console.error('Quloud could not be built, so it was not started; the reason is above.');
  process.exit(1);
}
// In this very process, so that a signal to npm reaches the relay and nothing is left behind.
await import('../relay-server/main.ts');
