import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { utf8, toHex } from '../../src/domain/bytes.ts';
import { runCases } from '../conformance/run-cases.ts';
import cases from '../vectors/conformance.json' with { type: 'json' };

const main = fileURLToPath(new URL('../conformance/main.ts', import.meta.url));

type Input = Record<string, unknown>;

describe('the conformance command', () => {
  it.each(cases)('gives the recorded answer: $name', async ({ op, input, output, error }) => {
    const expected = error === undefined ? { op, output } : { op, error };
    expect(await answerTo(op, input)).toEqual(expected);
  });

  it('answers in order', async () => {
    const list = [
      { op: 'padded-size', input: { size: 4097 } },
      { op: 'nonsense', input: {} },
      { op: 'padded-size', input: { size: 1 } },
    ];
    expect(await runCases(JSON.stringify(list))).toEqual({
      ok: true,
      value: [
        { op: 'padded-size', output: { size: 4352 } },
        { op: 'nonsense', error: 'unknown-op' },
        { op: 'padded-size', output: { size: 4096 } },
      ],
    });
  });

  it.each(firstOfEachOp())(
    'refuses $op with a field missing, extra or odd',
    async ({ op, input }) => {
      const refused = { op, error: 'bad-input' };
      expect(await answerTo(op, { ...input, extra: '00' })).toEqual(refused);
      for (const no of [null, [], 'text', 3]) expect(await answerTo(op, no)).toEqual(refused);
      for (const [field, value] of Object.entries(input)) {
        const { [field]: _, ...rest } = input;
        expect(await answerTo(op, rest)).toEqual(refused);
        for (const odd of oddValuesFor(value)) {
          expect(await answerTo(op, { ...input, [field]: odd })).toEqual(refused);
        }
      }
    },
  );

  it('refuses ids, keys and nonces of another length', async () => {
    const fixed = ['file_key', 'file_id', 'circle', 'chunk_id', 'node', 'holder', 'requester'];
    fixed.push('seal_master', 'master', 'nonce');
    for (const { op, input } of firstOfEachOp()) {
      for (const field of fixed.filter((name) => name in input)) {
        const value = String(input[field]);
        for (const odd of [value.slice(2), `${value}00`, value.slice(1), value.toUpperCase()]) {
          if (odd === value) continue;
          const answer = await answerTo(op, { ...input, [field]: odd });
          expect(answer).toEqual({ op, error: 'bad-input' });
        }
      }
    }
  });

  it('does not take names of object members for operations', async () => {
    for (const op of ['constructor', '__proto__', 'toString', '']) {
      expect(await answerTo(op, {})).toEqual({ op, error: 'unknown-op' });
    }
  });

  it('refuses cases that are none, and answers the others', async () => {
    const list = [1, null, {}, { op: 3, input: {} }, { op: 'padded-size' }];
    const answers = await runCases(JSON.stringify(list));
    const refused = (op: string | null) => ({ op, error: 'bad-input' });
    expect(answers).toEqual({
      ok: true,
      value: [refused(null), refused(null), refused(null), refused(null), refused('padded-size')],
    });
  });

  it('reads stdin and writes JSON', async () => {
    const { code, stdout, stderr } = await runMain('[{"op":"padded-size","input":{"size":9}}]');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([{ op: 'padded-size', output: { size: 4096 } }]);
  });

  it.each(['', '{', '{"op":"padded-size"}', 'null'])(
    'ends with one clear sentence and exit 1 on %j',
    async (text) => {
      const { code, stdout, stderr } = await runMain(text);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^The conformance cases [^\n]*list[^\n]*\.\n$/);
    },
  );
});

async function answerTo(op: string, input: unknown): Promise<unknown> {
  const answers = await runCases(JSON.stringify([{ op, input }]));
  return answers.ok ? answers.value[0] : answers.error;
}

function firstOfEachOp(): readonly { op: string; input: Input }[] {
  const good = cases.filter((c) => c.error === undefined);
  return [...new Map(good.toReversed().map((c) => [c.op, c])).values()];
}

function oddValuesFor(value: unknown): readonly unknown[] {
  if (typeof value === 'number') return [-1, 0.5, String(value), null, 2 ** 53];
  if (typeof value === 'boolean') return [0, 'true', null];
  return ['0', 'zz', 'AB', ' ', toHex(utf8('x')) + '\n', 3, null, ['00']];
}

function runMain(input: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
