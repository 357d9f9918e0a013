import { join } from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

// The project's own eslint.config.js. Types are switched off, so that the files need not exist.
const untyped = new ESLint({
  cwd: ROOT,
  overrideConfig: {
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { parserOptions: { projectService: false, project: false } },
  },
});

/** What the rules of the house say about `code` if it stood in `file`. */
async function complaints(file: string, code: string): Promise<string[]> {
  const text = file.endsWith('.svelte') ? `<script lang="ts">\n${code};\n</script>` : code;
  const [result] = await untyped.lintText(text, { filePath: join(ROOT, file) });
  return result!.messages
    .filter(({ ruleId, fatal }) => fatal === true || ruleId?.startsWith('no-restricted-'))
    .map(({ message }) => message);
}

describe('an import that goes against the arrows is refused and told the right way', () => {
  const cases: readonly [file: string, code: string, message: RegExp][] = [
    ['src/domain/x.ts', `import '../ports/vault.ts'`, /Give it the value as an argument/],
    ['src/domain/files/x.ts', `import '../../app/view.ts'`, /Give it the value as an argument/],
    ['src/domain/x.ts', `import 'node:fs'`, /port in src\/ports with an adapter in src\/adapters/],
    ['src/domain/x.ts', `import 'libp2p'`, /port in src\/ports with an adapter in src\/adapters/],
    ['src/domain/x.ts', `import 'idb'`, /@noble, @scure, cborg and valibot only/],
    ['src/domain/x.ts', `import 'svelte/store'`, /@noble, @scure, cborg and valibot only/],
    ['src/domain/x.ts', `export * from '../ports/vault.ts'`, /Give it the value as an argument/],
    ['src/domain/x.ts', `void import('../ports/vault.ts')`, /Give it the value as an argument/],
    ['src/domain/x.ts', `type V = import('../ports/vault.ts').Vault`, /as an argument/],
    ['src/ports/x.ts', `import '../app/view.ts'`, /says what is needed, not who does it/],
    ['src/ports/x.ts', `import '@libp2p/interface'`, /narrow type of our own/],
    ['src/app/x.ts', `import '../adapters/memory/memory-vault.ts'`, /through deps.*src\/main\.ts/],
    ['src/app/x.ts', `import '../ui/app.svelte'`, /src\/app may import src\/domain and src\/ports/],
    ['src/app/x.ts', `import 'idb'`, /Wrap the package in an adapter/],
    ['src/adapters/storage/x.ts', `import '../../app/view.ts'`, /Call back through the port/],
    ['src/adapters/workers/x.ts', `import '../../workers/crypto.worker.ts'`, /Take a Worker/],
    ['src/adapters/browser/x.ts', `import 'svelte'`, /Offer an Observable/],
    ['src/workers/x.worker.ts', `import '../app/view.ts'`, /A worker puts adapters together/],
    ['src/ui/x.ts', `import '../ports/vault.ts'`, /Add what the screen needs to the view/],
    ['src/ui/parts/X.svelte', `import '../../adapters/browser/y.ts'`, /Add what the screen needs/],
    ['src/ui/x.ts', `import 'libp2p'`, /src\/ui shows things/],
    ['src/ui/x.ts', `import '../main.ts'`, /Nobody imports a composition root/],
    ['relay-server/x.ts', `import '../src/app/view.ts'`, /relay-server may import src\/domain/],
    ['src/domain/x.ts', `import '../../relay-server/main.ts'`, /put it in src\/domain/],
    ['src/main.ts', `import '../tests/unit/y.ts'`, /src never imports tests/],
  ];
  it.each(cases)('%s: %s', async (file, code, message) => {
    expect(await complaints(file, code)).toEqual([expect.stringMatching(message)]);
  });
});

describe('an import along the arrows passes', () => {
  const cases: readonly [file: string, code: string][] = [
    ['src/domain/files/x.ts', `import '../wire/codec.ts'`],
    ['src/domain/x.ts', `import '@noble/hashes/sha2.js'`],
    ['src/domain/x.ts', `import 'cborg'; import 'valibot'`],
    ['src/ports/x.ts', `import '../domain/ids.ts'; import './vault.ts'`],
    ['src/app/x.ts', `import '../domain/ids.ts'; import '../ports/vault.ts'`],
    ['src/adapters/storage/x.ts', `import '../../ports/vault.ts'; import 'idb'`],
    ['src/adapters/browser/x.ts', `import '../workers/worker-pool.ts'; import 'comlink'`],
    ['src/workers/x.worker.ts', `import '../adapters/crypto/y.ts'; import '../ports/vault.ts'`],
    ['src/ui/x.ts', `import '../app/view.ts'; import '../domain/ids.ts'; import 'svelte'`],
    ['src/main.ts', `import './ui/App.svelte'; import './adapters/browser/y.ts'`],
    ['relay-server/x.ts', `import '../src/domain/limits.ts'; import 'node:fs'; import 'libp2p'`],
    ['tests/unit/x.test.ts', `import '../../src/app/view.ts'; import '../../relay-server/y.ts'`],
  ];
  it.each(cases)('%s: %s', async (file, code) => {
    expect(await complaints(file, code)).toEqual([]);
  });
});

describe('clocks, chance and the platform come from outside', () => {
  const cases: readonly [file: string, code: string, message: RegExp][] = [
    ['src/domain/x.ts', 'Date.now()', /take the time/],
    ['src/domain/x.ts', 'new Date()', /take the time/],
    ['src/domain/x.ts', 'Math.random()', /random bytes as an argument/],
    ['src/domain/x.ts', 'crypto.getRandomValues(y)', /random bytes as an argument/],
    ['src/app/x.ts', 'setTimeout(y, 1)', /Use the Environment port/],
    ['src/app/x.ts', 'setInterval(y, 1)', /Use the Environment port/],
    ['src/app/x.ts', 'Date.now()', /Use the Environment port/],
    ['src/app/x.ts', 'AbortSignal.timeout(5)', /Use the Environment port/],
    ['src/app/x.ts', 'crypto.randomUUID()', /Use the Environment port/],
    ['src/app/x.ts', `fetch('/')`, /through a port of src\/ports/],
    ['src/app/x.ts', `indexedDB.open('y')`, /through a port of src\/ports/],
    ['src/ui/x.ts', `fetch('/')`, /through a port of src\/ports/],
    ['src/adapters/storage/x.ts', 'Math.random()', /Use the Environment port/],
    ['tests/e2e/x.test.ts', 'await page.waitForTimeout(1)', /Wait for what you are waiting for/],
    ['tests/unit/x.test.ts', `it.only('y', z)`, /hides the rest/],
    ['tests/unit/x.test.ts', 'await new Promise((r) => setTimeout(r, 1))', /No sleeps/],
  ];
  it.each(cases)('%s: %s', async (file, code, message) => {
    expect(await complaints(file, code)).toEqual([expect.stringMatching(message)]);
  });

  it('a date made from a given time is nobody’s clock', async () => {
    expect(await complaints('src/app/x.ts', 'new Date(seconds * 1000)')).toEqual([]);
  });

  it('adapters may use the platform they adapt', async () => {
    expect(await complaints('src/adapters/browser/x.ts', `fetch('/'); setTimeout(y, 1)`)).toEqual(
      [],
    );
  });
});

it('the lint step of npm run check, types and all, fails on a forbidden import', async () => {
  const eslint = new ESLint({ cwd: ROOT });
  const filePath = join(ROOT, 'src/domain/limits.ts');
  const code = "import { createNode } from '../app/node.ts';\nexport const node = createNode;\n";
  const [result] = await eslint.lintText(code, { filePath });
  expect(result!.errorCount).toBeGreaterThan(0);
  expect(result!.messages).toContainEqual(
    expect.objectContaining({
      ruleId: 'no-restricted-imports',
      severity: 2,
      message: expect.stringContaining('Give it the value as an argument') as string,
    }),
  );
});

describe('what a layer may not see does not compile there', () => {
  const cases: readonly [layer: string, absent: readonly string[], present: readonly string[]][] = [
    [
      'src/domain',
      ['document', 'fetch', 'setTimeout', 'crypto', 'indexedDB', 'process', 'Buffer', 'navigator'],
      ['TextEncoder', 'BigInt'],
    ],
    ['src/ports', ['document', 'window', 'process', 'Buffer'], ['Blob', 'AbortSignal']],
    ['src/app', ['document', 'window', 'process', 'Buffer'], ['Blob', 'AbortController']],
    [
      'src/adapters',
      ['document', 'window', 'process'],
      ['indexedDB', 'FileSystemSyncAccessHandle'],
    ],
    ['src/adapters/browser', ['process', 'FileSystemSyncAccessHandle'], ['document', 'navigator']],
    ['src/adapters/network', ['process', 'importScripts'], ['RTCPeerConnection']],
    ['src/workers', ['document', 'window', 'process'], ['DedicatedWorkerGlobalScope']],
    ['src/ui', ['process', 'Buffer'], ['document']],
    ['relay-server', ['document', 'window', 'indexedDB'], ['process', 'Buffer']],
  ];
  it.each(cases)('%s', (layer, absent, present) => {
    expect(unknownNames(layer, [...absent, ...present])).toEqual(absent);
  });
});

/** Parsed once for all layers: the DOM's declarations take longer than all of ours. */
const librarySources = new Map<string, ts.SourceFile>();

/** Which of the global names a file in this layer could not use, by the layer's own tsconfig. */
function unknownNames(layer: string, names: readonly string[]): string[] {
  const config = join(ROOT, layer, 'tsconfig.json');
  const read = ts.readConfigFile(config, (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, join(ROOT, layer));
  const file = join(ROOT, layer, 'not-on-disk.ts');
  const text = `export const seen = [${names.join(', ')}];`;
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (path, ...rest) => {
    if (path === file) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2024);
    const known = librarySources.get(path) ?? readSource(path, ...rest);
    if (known !== undefined && path.includes('/node_modules/')) librarySources.set(path, known);
    return known;
  };

  const declared = layer === 'src/domain' ? [join(ROOT, layer, 'text-encoding.d.ts')] : [];
  const program = ts.createProgram([file, ...declared], { ...options, noEmit: true }, host);
  const source = program.getSourceFile(file);
  return program
    .getSemanticDiagnostics(source)
    .map(({ start = 0, length = 0 }) => text.slice(start, start + length));
}
