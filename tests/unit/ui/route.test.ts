import { describe, expect, it } from 'vitest';
import { parentOf, readRoute, sameRoute, tabOf, type Route } from '../../../src/ui/state/route.ts';
import { fileId } from '../../../src/ui/gallery/fixtures.ts';

const file: Route = { name: 'file', id: fileId('a') };

describe('a route in the history', () => {
  it('comes back as it went in', () => {
    for (const route of [{ name: 'welcome' }, { name: 'settings' }, file] as const) {
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
