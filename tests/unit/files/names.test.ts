import fc from 'fast-check';
import { basename, posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/domain/bytes.ts';
import { checkFileName, downloadName } from '../../../src/domain/files/names.ts';
import { MAX_FILE_NAME_BYTES } from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';
import { runs } from './arbitraries.ts';

const bad = { ok: false, error: 'bad-name' };

describe('a file name', () => {
  it('is any label, path-like ones too, kept as it is', () => {
    for (const name of ['a', '../x', '..', 'C:\\con', '👩‍👩‍👧 photo.jpg', 'תמונה.png', ' ']) {
      expect(checkFileName(name)).toEqual(ok(name));
    }
  });

  it('is at most 1024 bytes long', () => {
    const longest = 'é'.repeat(MAX_FILE_NAME_BYTES / 2);
    expect(checkFileName(longest)).toEqual(ok(longest));
    expect(checkFileName(`${longest}x`)).toEqual(bad);
  });

  it('is neither empty nor half a character', () => {
    expect(checkFileName('')).toEqual(bad);
    expect(checkFileName('a\ud800b')).toEqual(bad);
  });
});

describe('the name a download gets', () => {
  it('is the file name itself when that is harmless', () => {
    const harmless = [
      'photo.jpg',
      '👩‍👩‍👧 family 🎉.jpg',
      'תמונה מהחתונה.png',
      'صورة.jpeg',
      'archive.tar.gz',
      'no ending',
      'a'.repeat(251) + '.txt',
      'constant.txt',
    ];
    for (const name of harmless) expect(downloadName(name)).toBe(name);
  });

  it('cannot leave its folder, be hidden or name a device', () => {
    expect(downloadName('../../etc/passwd')).toBe('___.._etc_passwd');
    expect(downloadName('..')).toBe('__');
    expect(downloadName('.bashrc')).toBe('_bashrc');
    expect(downloadName('C:\\Windows\\x')).toBe('C__Windows_x');
    expect(downloadName('con.txt')).toBe('_con.txt');
    expect(downloadName('NUL')).toBe('_NUL');
    expect(downloadName('con .txt')).toBe('_con .txt');
    expect(downloadName(`con${' '.repeat(300)}y`)).toBe('_con');
    expect(utf8(downloadName(`aux.${'x'.repeat(251)}`)).length).toBe(255);
    expect(downloadName('a\u0000b\nc')).toBe('a_b_c');
    expect(downloadName('name. . ')).toBe('name');
  });

  it('shows the ending it has', () => {
    expect(downloadName('photo\u202egpj.exe')).toBe('photogpj.exe');
  });

  it('is never empty', () => {
    for (const name of ['', '\u202e', '\u2066\u2069']) expect(downloadName(name)).toBe('file');
  });

  it('keeps its ending when it is cut to 255 bytes', () => {
    const name = downloadName('🎉'.repeat(200) + '.jpg');
    expect(utf8(name).length).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^🎉+\.jpg$/u);
    const plain = downloadName('x'.repeat(300));
    expect(plain).toBe('x'.repeat(255));
    expect(downloadName(`a.${'b'.repeat(400)}`)).toHaveLength(255);
    expect(downloadName(`${'x'.repeat(250)}${' '.repeat(20)}y`)).toBe('x'.repeat(250));
  });

  it('is one safe component whatever the file is called', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom('.', '/', '\\', ' ', ':', '\0', '\u202e', '\ud800', 'con', 'a', '🎉'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 600,
    });
    fc.assert(
      fc.property(nasty, (name) => {
        const safe = downloadName(name);
        expect(basename(safe)).toBe(safe);
        expect(win32.basename(safe)).toBe(safe);
        expect(posix.normalize(safe)).toBe(safe);
        expect(safe).not.toMatch(/^\.|[. ]$|[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(safe.isWellFormed()).toBe(true);
        expect(utf8(safe).length).toBeLessThanOrEqual(255);
        expect(downloadName(safe)).toBe(safe);
      }),
      runs(500),
    );
  });
});
