import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataFolder } from '../../relay-server/data-folder.ts';
import { IDENTITY_FILE } from '../../relay-server/identity.ts';
import { MAX_NAMESPACES, NAMESPACE_DAYS } from '../../relay-server/limits.ts';
import { createLog } from '../../relay-server/log.ts';
import { loadNamespaceList, NAMESPACES_FILE } from '../../relay-server/namespace-list.ts';
import { own, toHex } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { byHand, relayFolders, testRelay } from './relay-fixture.ts';
import { testDevice } from './test-device.ts';

const DAY = 24 * 3600;

describe('the data folder', () => {
  it('keeps the identity over a restart, readable by its owner only', async () => {
    const folders = await relayFolders();
    const first = await testRelay(folders);
    await first.stop();
    const second = await testRelay(folders, { port: first.port });
    expect(second.peerId).toBe(first.peerId);
    expect(second.port).toBe(first.port);
    const { mode } = await stat(join(folders.dataDir, IDENTITY_FILE));
    expect(mode & 0o777).toBe(0o600);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, 40)],
    ['empty', () => ''],
    ['with another seed', (text: string) => text.replace(/[0-9a-f]{64}/, 'ab'.repeat(32))],
  ])('never replaces an identity that is %s', async (_, damage) => {
    const folders = await relayFolders();
    await (await testRelay(folders)).stop();
    const path = join(folders.dataDir, IDENTITY_FILE);
    const damaged = damage(await readFile(path, 'utf8'));
    await writeFile(path, damaged);
    await expect(testRelay(folders)).rejects.toThrow(/is damaged; put a backup in its place/);
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });

  it('holds no token, and the log no address, device or token', async () => {
    const folders = await relayFolders();
    const lines: string[] = [];
    const log = createLog('debug', (line) => lines.push(line));
    const { every, sweep } = byHand();
    const relay = await testRelay(folders, {}, { log, every });
    const [circle, invite] = [own(randomBytes(32)), own(randomBytes(32))];
    const ana = await testDevice(relay);
    const at = await ana.access({ type: 'enter', token: circle, code: null });
    await at.next();
    at.send({ type: 'invite', token_hash: sha256(invite), expires: 2 ** 40 });
    const joiner = await testDevice(relay);
    await (await joiner.access({ type: 'guest', token: invite })).next();
    await (await joiner.access({ type: 'guest', token: circle })).next();
    sweep();
    expect(lines.join('')).toContain('"guests":1');
    await relay.stop();

    const kept = await Promise.all(
      (await readdir(folders.dataDir)).map((name) => readFile(join(folders.dataDir, name))),
    );
    const data = Buffer.concat(kept);
    expect(data.toString()).toContain('"namespaces":[["');
    const text = lines.join('');
    expect(text).toContain('access-refused');
    for (const secret of [circle, invite, sha256(invite)]) {
      for (const form of [toHex(secret), Buffer.from(secret).toString('base64url')]) {
        expect(data.includes(form)).toBe(false);
        expect(text).not.toContain(form);
      }
      expect(data.includes(Buffer.from(secret))).toBe(false);
    }
    expect(text).not.toMatch(/127\.0\.0\.1|::1/);
    for (const { node, device } of [ana, joiner]) {
      expect(text).not.toContain(node.peerId.toString());
      expect(text).not.toContain(device);
    }
  });

  it('forgets namespaces nobody visits, and the stalest first when it is full', async () => {
    const folders = await relayFolders();
    const folder = await openDataFolder(folders.dataDir);
    const hash = (i: number) => toHex(sha256(Uint8Array.of(i, i >> 8)));
    const list = await loadNamespaceList(folder, 0);
    for (let i = 0; i <= MAX_NAMESPACES; i++) list.visit(hash(i), i < 2 ? 0 : DAY);
    expect(list.size).toBe(MAX_NAMESPACES);
    expect(list.has(hash(0))).toBe(false);
    expect(list.has(hash(1))).toBe(true);
    await list.save();

    const later = await loadNamespaceList(folder, (NAMESPACE_DAYS + 1) * DAY);
    expect(later.has(hash(1))).toBe(false);
    expect(later.size).toBe(MAX_NAMESPACES - 1);
  });

  it('does not start with a damaged list of namespaces', async () => {
    const folders = await relayFolders();
    await (await testRelay(folders)).stop();
    await writeFile(join(folders.dataDir, NAMESPACES_FILE), '{"version":1');
    await expect(testRelay(folders)).rejects.toThrow(/namespaces.json is damaged/);
  });
});
