import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockfileFaults, type Lockfile } from '../../scripts/check-lockfile.mjs';

const integrity = 'sha512-AAAA';

function faults(where: string, locked: Lockfile['packages'][string]): string[] {
  return lockfileFaults({ packages: { '': {}, [where]: locked } });
}

describe('the lockfile', () => {
  it('of this repository has no fault', () => {
    const path = join(import.meta.dirname, '../../package-lock.json');
    expect(lockfileFaults(JSON.parse(readFileSync(path, 'utf8')) as Lockfile)).toEqual([]);
  });

  it('may hold a package by version and integrity', () => {
    expect(faults('node_modules/idb', { version: '1.0.0', integrity })).toEqual([]);
  });

  it('names no place to download from', () => {
    const resolved = 'https://registry.example/idb.tgz';
    expect(faults('node_modules/idb', { integrity, resolved })).toEqual([
      expect.stringContaining('download address'),
    ]);
  });

  it('holds nothing without an integrity hash', () => {
    expect(faults('node_modules/idb', { version: '1.0.0' })).toEqual([
      expect.stringContaining('integrity'),
    ]);
  });

  it('holds nothing that runs while it is installed', () => {
    expect(faults('node_modules/idb', { integrity, hasInstallScript: true })).toEqual([
      expect.stringContaining('runs a script'),
    ]);
  });

  it.each([
    'node_modules/react-native',
    'node_modules/react-native-webrtc',
    'node_modules/@react-native/codegen',
    'node_modules/a/node_modules/react-native-quick-crypto',
  ])('is free of React Native: %s', (where) => {
    expect(faults(where, { integrity })).toEqual([expect.stringContaining('React Native')]);
  });

  it('has an empty package where React Native was asked for', () => {
    const locked = { name: 'empty-npm-package', integrity };
    expect(faults('node_modules/react-native-webrtc', locked)).toEqual([]);
  });
});
