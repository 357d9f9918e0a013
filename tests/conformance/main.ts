import { text } from 'node:stream/consumers';
import { runCases } from './run-cases.ts';

/** `npm run conformance < cases.json`: a list of cases in, a list of answers out. */
async function main(): Promise<void> {
  const answers = await runCases(await text(process.stdin));
  if (!answers.ok) {
    process.stderr.write(`${answers.error}\n`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`${JSON.stringify(answers.value, null, 2)}\n`);
}

await main();
