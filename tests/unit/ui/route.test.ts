import { describe, expect, it } from 'vitest';
import { parentOf, readRoute, sameRoute, tabOf, type Route } from '../../../src/ui/state/route.ts';
import { fileId } from '../../../src/ui/gallery/fixtures.ts';

const file: Route = { name: 'file', id: fileId('a') };

describe('a route in the history', () => {
  it('comes back as it went in', () => {
    const deep: Route = {
      name: 'files',
      folder: ['Holidays', '2024'],
      find: 'img',
      attention: true,
    };
    for (const route of [{ name: 'welcome' }, { name: 'files' }, deep, file] as const) {
      expect(readRoute(structuredClone({ quloud: route }))).toEqual(route);
    }
  });

  it.each([
    null,
    'files',
    {},
    { quloud: null },
    { quloud: { name: 'admin' } },
    { quloud: { name: 'file' } },
    { quloud: { name: 'file', id: 7 } },
    { quloud: { name: 3 } },
  ])('is ignored when it is something else: %j', (state) => {
    expect(readRoute(state)).toBeUndefined();
  });

  it.each([
    [{ folder: 'Holidays', find: 3, attention: 'yes' }],
    [{ folder: ['Holidays', 7], find: '' }],
  ])('is the top of the files when its folder is none: %j', (more) => {
    expect(readRoute({ quloud: { name: 'files', ...more } })).toEqual({ name: 'files' });
  });

  it('leads from a folder to the one above, whatever was searched there', () => {
    const inside: Route = { name: 'files', folder: ['a', 'b'], find: 'x' };
    expect(parentOf(inside)).toEqual({ name: 'files', folder: ['a'] });
    expect(parentOf({ name: 'files', folder: ['a'] })).toEqual({ name: 'files' });
  });

  it('is the same only in the same folder with the same search', () => {
    const inside: Route = { name: 'files', folder: ['a', 'b'] };
    expect(sameRoute(inside, { name: 'files', folder: ['a', 'b'] })).toBe(true);
    for (const other of [
      { name: 'files' },
      { name: 'files', folder: ['a'] },
      { ...inside, find: 'x' },
      { ...inside, attention: true },
    ] as const) {
      expect(sameRoute(inside, other)).toBe(false);
    }
  });

  it('carries nothing but its name and a file: an invite never gets into the history', () => {
    expect(readRoute({ quloud: { name: 'join', invite: 'secret' } })).toEqual({ name: 'join' });
  });

  it('leads back to the list or to the start, and belongs to a tab', () => {
    expect(parentOf(file)).toEqual({ name: 'files' });
    expect(parentOf({ name: 'join' })).toEqual({ name: 'welcome' });
    expect([tabOf(file), tabOf({ name: 'circle' })]).toEqual(['files', 'circle']);
    expect(sameRoute(file, { name: 'file', id: fileId('b') })).toBe(false);
    expect(sameRoute(file, { ...file })).toBe(true);
  });
});
