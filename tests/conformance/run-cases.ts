import * as v from 'valibot';
import { fail, ok, type Result } from '../../src/domain/result.ts';
import { createOperations, type Answer } from './operations.ts';

const caseSchema = v.object({ op: v.string(), input: v.optional(v.unknown()) });

export type CaseAnswer =
  | { readonly op: string | null; readonly output: Answer }
  | { readonly op: string | null; readonly error: string };

/** Answers to a JSON list of `{op, input}`, in order; a sentence if the text is no such list. */
export async function runCases(json: string): Promise<Result<readonly CaseAnswer[], string>> {
  let cases: unknown;
  try {
    cases = JSON.parse(json);
  } catch {
    return fail(
      'The conformance cases are not valid JSON; give a list of {"op", "input"} on stdin.',
    );
  }
  if (!Array.isArray(cases)) {
    return fail('The conformance cases must be a JSON list of {"op", "input"}.');
  }
  const operations = createOperations();
  const answers: CaseAnswer[] = [];
  for (const item of cases) {
    const read = v.safeParse(caseSchema, item);
    if (!read.success) {
      answers.push({ op: null, error: 'bad-input' });
      continue;
    }
    const { op, input } = read.output;
    const operation = operations.get(op);
    const result = operation === undefined ? fail('unknown-op') : await operation(input);
    answers.push(result.ok ? { op, output: result.value } : { op, error: result.error });
  }
  return ok(answers);
}
