import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeting } from '../../relay-server/greeting.ts';
import { readOptions } from '../../relay-server/options.ts';
import { originOf, relayMultiaddr } from '../../relay-server/public-address.ts';
import { relayFolders, type RelayFolders } from './relay-fixture.ts';

const MAIN = resolve(import.meta.dirname, '../../relay-server/main.ts');

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function relayProcess(folders: RelayFolders, args: readonly string[]) {
  const child = spawn(
    process.execPath,
    [MAIN, '--host', '127.0.0.1', '--port', '0', '--data', folders.dataDir, ...args],
    { env: { ...process.env, QULOUD_DIST: folders.distDir } },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const { promise: ended, resolve: end } = Promise.withResolvers<Outcome>();
  child.on('close', (code, signal) => end({ code, signal, stdout, stderr }));
  return { child, ended, output: () => stdout };
}

describe('the relay command', () => {
  it('prints where it runs and stops on SIGTERM within seconds', async () => {
    const running = relayProcess(await relayFolders(), []);
    await expect.poll(running.output, { timeout: 15_000 }).toContain('Ctrl+C');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.output())?.[0] ?? '';
    expect((await fetch(url)).status).toBe(200);
    // A person reads first where it runs, and a log line only after that.
    expect(running.output().trimStart()).toMatch(/^Quloud is running/);
    await expect.poll(running.output).toMatch(/Ctrl\+C stops it\.\n(.*\n)*\{.*"started"/);
    const asked = performance.now();
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(performance.now() - asked).toBeLessThan(5000);
  });

  it.each<[string, (folders: RelayFolders) => readonly string[], RegExp]>([
    ['an unknown option', () => ['--colour'], /^Unknown option '--colour'; see --help\.\n$/],
    ['a bad port', () => ['--port', '70000'], /^--port must be a number up to 65535/],
    [
      'an unwritable data folder',
      () => ['--data', '/proc/none'],
      /cannot be written: no folder can be made there\. Choose another/,
    ],
    [
      'a data path that is a file',
      (x) => ['--data', `${x.distDir}/sw.js`],
      /cannot be written: there is a file in its place\. Choose another/,
    ],
    [
      'a missing certificate',
      () => ['--tls-cert', '/none', '--tls-key', '/none'],
      /cannot be read/,
    ],
    [
      'files that are no certificate',
      (x) => ['--tls-cert', `${x.distDir}/sw.js`, '--tls-key', `${x.distDir}/sw.js`],
      /do not make a pair/,
    ],
    [
      'a wrong STUN address',
      () => ['--ice-server', 'http://stun.example'],
      /--ice-server must look like/,
    ],
  ])('says in one sentence that there is %s, and exits with 1', async (_, args, sentence) => {
    const folders = await relayFolders();
    const { code, stdout, stderr } = await relayProcess(folders, args(folders)).ended;
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it('says in one sentence that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((done) => other.once('listening', done));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const outcome = await relayProcess(await relayFolders(), ['--port', String(port)]).ended;
    expect(outcome.stderr).toBe(
      `Port ${port} is taken by another program; choose another with --port.\n`,
    );
    expect(outcome.code).toBe(1);
  });

  it('says in one sentence that the app is not built', async () => {
    const folders = await relayFolders();
    const empty = { ...folders, distDir: join(folders.distDir, 'assets') };
    const { code, stderr } = await relayProcess(empty, []).ended;
    expect(stderr).toMatch(/^There is no built app in .+; make it with: npm run build\n$/);
    expect(code).toBe(1);
  });

  it('says in one sentence that the identity is damaged', async () => {
    const folders = await relayFolders();
    const first = relayProcess(folders, []);
    await expect.poll(first.output, { timeout: 15_000 }).toContain('Ctrl+C');
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    await writeFile(join(folders.dataDir, 'identity.json'), 'damaged');
    const { code, stderr } = await relayProcess(folders, []).ended;
    expect(stderr).toMatch(/identity file .+ is damaged/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('the options', () => {
  const read = (args: readonly string[], env: Record<string, string> = {}) => {
    const command = readOptions(args, env);
    if (command === 'help') throw new Error('help');
    return command;
  };

  it('come from arguments before the environment before the defaults', () => {
    expect(read([]).relay).toMatchObject({ port: 8080, host: '0.0.0.0', dataDir: './data' });
    const env = { QULOUD_PORT: '9000', QULOUD_TRUST_PROXY: '1', QULOUD_LOG: 'debug' };
    expect(read([], env)).toMatchObject({
      relay: { port: 9000, trustProxy: true },
      logLevel: 'debug',
    });
    expect(read(['--port', '9001'], env).relay.port).toBe(9001);
  });

  it.each([
    [[], 'open'],
    [['--code', 'eight-chars'], 'code'],
    [['--public-url', 'https://quloud.example'], 'code'],
    [['--public-url', 'https://quloud.example', '--host', '127.0.0.1'], 'code'],
    [['--public-url', 'http://localhost:5173'], 'open'],
    [['--tls-cert', 'c', '--tls-key', 'k'], 'code'],
    [['--trust-proxy'], 'code'],
    [['--trust-proxy', '--policy', 'open'], 'open'],
  ])('%j choose policy %s', (args, policy) => {
    expect(read(args).relay.policy).toBe(policy);
  });

  it.each([
    [['--policy', 'closed']],
    [['--policy', 'open', '--code', 'eight-chars']],
    [['--code', 'short']],
    [['--public-url', 'https://quloud.example/path']],
    [['--public-url', 'ftp://quloud.example']],
    [['--port', '-1']],
    [['word']],
  ])('%j are refused', (args) => {
    expect(() => read(args)).toThrow(expect.objectContaining({ name: 'StartError' }));
  });
});

describe('the greeting', () => {
  const base = { lanAddresses: ['192.168.1.5'], colours: false };
  const QR = /[█▀▄]{10}/;

  it('explains secure contexts instead of a QR code on plain LAN addresses', () => {
    const relay = { url: 'http://localhost:8080', port: 8080, policy: { kind: 'open' } } as const;
    const text = greeting({ ...base, relay, host: '0.0.0.0' });
    expect(text).toContain('http://192.168.1.5:8080');
    expect(text).toContain('https');
    expect(text).not.toMatch(QR);
    expect(greeting({ ...base, relay, host: '127.0.0.1' })).not.toContain('192.168.1.5');
  });

  it('carries the code in the address, and a QR code where a phone can use it', () => {
    const policy = { kind: 'code', code: 'abcd-efgh' } as const;
    const relay = { url: 'https://quloud.example', port: 8080, policy };
    const text = greeting({ ...base, relay, host: '0.0.0.0' });
    expect(text).toContain('https://quloud.example/#code=abcd-efgh');
    expect(text).toMatch(QR);
  });
});

describe('addresses', () => {
  it('are opened on this machine and announced as multiaddrs', () => {
    const tls = undefined;
    expect(originOf({ tls, host: '0.0.0.0', port: 8080 })).toBe('http://localhost:8080');
    expect(originOf({ tls, host: '::1', port: 80 })).toBe('http://[::1]');
    expect(relayMultiaddr('http://localhost:8080')).toBe('/dns4/localhost/tcp/8080/ws');
    expect(relayMultiaddr('https://quloud.example')).toBe('/dns4/quloud.example/tcp/443/tls/ws');
    expect(relayMultiaddr('http://[::1]:81')).toBe('/ip6/::1/tcp/81/ws');
  });
});
