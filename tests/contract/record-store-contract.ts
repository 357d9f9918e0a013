import { afterEach, describe, expect, it } from 'vitest';
import { concat, utf8, type Bytes } from '../../src/domain/bytes.ts';
import {
  COLLECTIONS,
  type Collection,
  type RecordChange,
  type RecordStore,
} from '../../src/ports/record-store.ts';

/** One place to keep records, and the ways a test can look at it and hurt it. */
export interface RecordStoreRig {
  readonly store: RecordStore;
  /** Another store over the same place, as after a restart. The first one is closed. */
  reopen(): Promise<RecordStore>;
  /** Flips one bit of what lies on the disk. */
  damage(collection: Collection, key: string): Promise<void>;
  /** Moves a stored value, as it lies there, to another key. */
  move(collection: Collection, from: string, to: string): Promise<void>;
  /** Every value as it lies on the disk. */
  raw(): Promise<readonly Bytes[]>;
  fillUp(bytes: number): Promise<void>;
  undoFillUp(): Promise<void>;
  dispose(): Promise<void>;
}

const MIB = 1024 * 1024;
export const CANARY = 'canary-5f2c9a17-nobody-may-read-this';

/** What every record store promises. `make` gives an empty one. */
export function describeRecordStore(name: string, make: () => Promise<RecordStoreRig>): void {
  describe(`record store: ${name}`, () => {
    const rigs: RecordStoreRig[] = [];
    async function open(): Promise<RecordStoreRig> {
      const rig = await make();
      rigs.push(rig);
      return rig;
    }
    afterEach(async () => {
      for (const rig of rigs.splice(0)) await rig.dispose();
    });

    it.each(COLLECTIONS)('keeps records in %s', async (collection) => {
      const { store } = await open();
      await store.write([put(collection, 'a', 'one')]);
      expect(await store.get(collection, 'a')).toEqual({ ok: true, value: utf8('one') });
      for (const other of COLLECTIONS) {
        if (other !== collection) expect((await store.get(other, 'a')).ok).toBe(false);
      }
    });

    it('says absent for what is not there, and lists nothing', async () => {
      const { store } = await open();
      expect(await store.get('files', 'a')).toEqual({ ok: false, error: 'absent' });
      expect(await store.entries('files')).toEqual({ records: [], damaged: [] });
      expect(await store.write([])).toEqual({ ok: true, value: undefined });
    });

    it('replaces and deletes', async () => {
      const { store } = await open();
      await store.write([put('files', 'a', 'one'), put('files', 'b', 'two')]);
      await store.write([put('files', 'a', 'three'), remove('files', 'b'), remove('files', 'z')]);
      expect(await store.entries('files')).toEqual({
        records: [['a', utf8('three')]],
        damaged: [],
      });
    });

    it('applies the changes of one write in their order', async () => {
      const { store } = await open();
      await store.write([
        put('files', 'a', 'one'),
        put('files', 'a', 'two'),
        put('files', 'b', 'x'),
        remove('files', 'b'),
      ]);
      expect((await store.entries('files')).records).toEqual([['a', utf8('two')]]);
    });

    it('lists in key order, whatever was written first', async () => {
      const { store } = await open();
      const keys = ['b', 'a/2', 'a/1', 'ä', 'Z', '10', '9'];
      for (const key of keys) await store.write([put('held', key, key)]);
      const listed = (await store.entries('held')).records.map(([key]) => key);
      expect(listed).toEqual(['10', '9', 'Z', 'a/1', 'a/2', 'b', 'ä']);
    });

    it('lists a page at a time, each record once and damaged ones counted', async () => {
      const rig = await open();
      const keys = ['b', 'a/2', 'a/1', 'ä', 'Z', '10', '9'];
      await rig.store.write([...keys.map((key) => put('held', key, key)), put('files', 'c', 'c')]);
      await rig.damage('held', 'a/1');
      const pages: (readonly string[])[] = [];
      for (let after: string | undefined; pages.length < 5;) {
        const { records, damaged } = await rig.store.entries('held', { after, limit: 3 });
        const listed = [...records.map(([key]) => key), ...damaged].sort();
        pages.push(listed);
        after = listed.at(-1);
        if (listed.length < 3) break;
      }
      expect(pages).toEqual([['10', '9', 'Z'], ['a/1', 'a/2', 'b'], ['ä']]);
      const behind = await rig.store.entries('held', { after: 'ä', limit: 3 });
      expect(behind).toEqual({ records: [], damaged: [] });
    });

    it('keeps an empty value and a large one', async () => {
      const { store } = await open();
      const large = new Uint8Array(200_000).fill(7);
      await store.write([{ collection: 'roster', key: 'large', value: large }]);
      await store.write([{ collection: 'roster', key: 'empty', value: new Uint8Array(0) }]);
      expect(await store.get('roster', 'empty')).toEqual({ ok: true, value: new Uint8Array(0) });
      const back = await store.get('roster', 'large');
      expect(back.ok && back.value.length === 200_000 && back.value.every((b) => b === 7)).toBe(
        true,
      );
    });

    it('leaves the bytes it was given alone', async () => {
      const { store } = await open();
      const value = new Uint8Array(10_000).fill(1);
      await store.write([{ collection: 'roster', key: 'a', value }]);
      value.fill(2);
      const back = await store.get('roster', 'a');
      expect(back.ok && back.value.every((byte) => byte === 1)).toBe(true);
    });

    it('writes over several collections all or nothing when there is no room', async () => {
      const rig = await open();
      await rig.store.write([put('files', 'kept', 'one'), put('pieces', 'kept', 'one')]);
      await rig.fillUp(MIB / 2);
      const refused = await rig.store.write([
        put('files', 'kept', 'two'),
        put('files', 'new', 'two'),
        remove('pieces', 'kept'),
        { collection: 'pieces', key: 'large', value: new Uint8Array(6 * MIB) },
      ]);
      await rig.undoFillUp();
      expect(refused).toEqual({ ok: false, error: 'full' });
      expect((await rig.store.entries('files')).records).toEqual([['kept', utf8('one')]]);
      expect((await rig.store.entries('pieces')).records).toEqual([['kept', utf8('one')]]);
      expect((await rig.store.write([put('files', 'new', 'two')])).ok).toBe(true);
    });

    it('names damaged records apart and still gives the others', async () => {
      const rig = await open();
      await rig.store.write(['a', 'b', 'c'].map((key) => put('files', key, key)));
      await rig.damage('files', 'b');
      expect(await rig.store.get('files', 'b')).toEqual({ ok: false, error: 'damaged' });
      expect(await rig.store.entries('files')).toEqual({
        records: [
          ['a', utf8('a')],
          ['c', utf8('c')],
        ],
        damaged: ['b'],
      });
    });

    it('does not believe a record that was moved to another key', async () => {
      const rig = await open();
      await rig.store.write([put('files', 'a', 'one')]);
      await rig.move('files', 'a', 'b');
      expect(await rig.store.get('files', 'b')).toEqual({ ok: false, error: 'damaged' });
    });

    it('overwrites a damaged record', async () => {
      const rig = await open();
      await rig.store.write([put('files', 'a', 'one')]);
      await rig.damage('files', 'a');
      await rig.store.write([put('files', 'a', 'two')]);
      expect(await rig.store.get('files', 'a')).toEqual({ ok: true, value: utf8('two') });
    });

    it('shows the same after a restart', async () => {
      const rig = await open();
      await rig.store.write([put('device', 'self', 'me'), put('files', 'a', 'one')]);
      const again = await rig.reopen();
      expect(await again.get('device', 'self')).toEqual({ ok: true, value: utf8('me') });
      expect((await again.entries('files')).records).toEqual([['a', utf8('one')]]);
    });

    it('has no value in clear on the disk', async () => {
      const rig = await open();
      await rig.store.write([put('files', 'a', CANARY), put('device', 'self', `x${CANARY}x`)]);
      const raw = await rig.raw();
      expect(raw).toHaveLength(2);
      expect(holdsCanary(raw)).toBe(false);
    });

    it('does not wrap two equal values to equal bytes', async () => {
      const rig = await open();
      await rig.store.write([put('files', 'a', 'same')]);
      const [before] = await rig.raw();
      await rig.store.write([put('files', 'a', 'same')]);
      expect(await rig.raw()).not.toEqual([before]);
    });

    it('answers nothing after it was closed', async () => {
      const { store } = await open();
      await store.close();
      await expect(store.get('files', 'a')).rejects.toMatchObject({
        name: 'StorageUnavailableError',
      });
      await expect(store.write([put('files', 'a', 'x')])).rejects.toMatchObject({
        name: 'StorageUnavailableError',
      });
    });
  });
}

export function holdsCanary(raw: readonly Bytes[]): boolean {
  const text = new TextDecoder('latin1').decode(concat(...raw));
  return text.includes(CANARY);
}

export function put(collection: Collection, key: string, text: string): RecordChange {
  return { collection, key, value: utf8(text) };
}

function remove(collection: Collection, key: string): RecordChange {
  return { collection, key, value: undefined };
}
