import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import {
  admitMessage,
  circleIdOf,
  deviceProofMessage,
  draftEntry,
  readEntry,
  readKeptEntry,
  type EntryBody,
  type RosterEntry,
} from '../../../src/domain/circle/roster-entry.ts';
import { inviteKeys } from '../../../src/domain/circle/invite-link.ts';
import { foldRoster } from '../../../src/domain/circle/roster.ts';
import {
  idBytes,
  idOf,
  type DeviceId,
  type EntryId,
  type MemberId,
} from '../../../src/domain/ids.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import {
  generationPublic,
  newGeneration,
  wrapToRoot,
} from '../../../src/domain/identity/generation.ts';
import { rootKeyOf } from '../../../src/domain/identity/root-key.ts';
import { signEd25519 } from '../../../src/domain/identity/signatures.ts';
import {
  MAX_DEVICES,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_HEADS,
  MAX_MEMBERS,
} from '../../../src/domain/limits.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 2000 : 100 };

const key = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
let drawn = 0;
const random = (length: number): Bytes => key(++drawn % 251, length);

/** Someone with real keys. */
function signer(name: string, byte: number) {
  const root = rootKeyOf(key(byte, 16));
  const generation = newGeneration(random, 1);
  return { name, root, generation, device: deviceKeyOf(key(byte + 100)) };
}

const founder = signer('Founder', 1);
const guest = signer('Guest', 2);

const genesis = sign(undefined, idBytes(founder.root.member), [], founder.root.sign, {
  type: 'genesis',
  name: 'Family 👪',
  founder_name: 'Founder',
  salt: key(9),
  relays: ['/ip4/127.0.0.1/tcp/1/ws'],
});
const CIRCLE = circleIdOf(genesis);
const invite = inviteKeys(key(8, 16), CIRCLE);

function sign(
  circle: typeof CIRCLE | undefined,
  author: Bytes,
  heads: readonly EntryId[],
  signWith: (message: Bytes) => Bytes,
  body: EntryBody,
): RosterEntry {
  const draft = draftEntry({ circle, author, heads, time: 1_700_000_000, body });
  return draft.finish(signWith(draft.message));
}

function generationEntry(who: typeof founder, heads: readonly EntryId[]): RosterEntry {
  const { signKey, sealKey } = generationPublic(who.generation);
  return sign(CIRCLE, idBytes(who.root.member), heads, who.root.sign, {
    type: 'generation',
    generation: 1,
    sign_key: signKey,
    seal_key: sealKey,
    wrapped: wrapToRoot(who.generation, who.root.sealPublic, random),
  });
}

function deviceEntry(who: typeof founder, heads: readonly EntryId[]): RosterEntry {
  const place = { member: who.root.member, generation: 1, box: who.device.boxPublic, counter: 0 };
  return sign(
    CIRCLE,
    generationPublic(who.generation).signKey,
    heads,
    (message) => signEd25519(who.generation.sign, message),
    {
      type: 'device',
      ...place,
      device: who.device.device,
      class: 'tab',
      parent: null,
      label: '',
      device_signature: who.device.sign(deviceProofMessage(CIRCLE, place)),
    },
  );
}

function byFounder(heads: readonly EntryId[], body: EntryBody): RosterEntry {
  return sign(CIRCLE, idBytes(founder.device.device), heads, founder.device.sign, body);
}

/** A founder, an invite, a guest let in: one entry of every type, with real signatures. */
const entries = (() => {
  const all = [genesis];
  const heads = () => [all.at(-1)?.id ?? genesis.id];
  all.push(generationEntry(founder, heads()));
  all.push(deviceEntry(founder, heads()));
  const opened = { type: 'invite', invite: invite.invite, box: invite.boxPublic } as const;
  all.push(byFounder(heads(), { ...opened, token_hash: invite.tokenHash, expires: 5, uses: 1 }));
  const asking = { invite: invite.invite, member: guest.root.member, name: 'Guest' };
  const admit = sign(CIRCLE, idBytes(invite.invite), heads(), invite.sign, {
    type: 'admit',
    ...asking,
    member_signature: guest.root.sign(admitMessage(CIRCLE, asking)),
  });
  all.push(admit);
  all.push(generationEntry(guest, heads()));
  all.push(deviceEntry(guest, heads()));
  all.push(byFounder(heads(), { type: 'counter-sign', admit: admit.id }));
  all.push(byFounder(heads(), { type: 'setting', name: 'Friends' }));
  all.push(byFounder(heads(), { type: 'invite-revoke', invite: invite.invite }));
  all.push(byFounder(heads(), { type: 'device-revoke', device: guest.device.device }));
  all.push(byFounder(heads(), { type: 'remove', member: guest.root.member }));
  const sealed = [{ device: founder.device.device, box: key(1, 80) }];
  const excludes = [guest.root.member];
  all.push(
    byFounder(heads(), { type: 'epoch', number: 1, excludes, key_commitment: key(3), sealed }),
  );
  return all;
})();

function bodyOfType(type: EntryBody['type']): EntryBody {
  const entry = entries.find(({ body }) => body.type === type);
  if (entry === undefined) throw new Error(`no entry of type ${type}`);
  return entry.body;
}

describe('An entry from the own disk', () => {
  it('is read without its signatures, which were verified before it came there', () => {
    for (const entry of entries) expect(readKeptEntry(entry.bytes)).toEqual(readEntry(entry.bytes));
    // The last bytes are the signature's: nobody else may do this.
    const forged = genesis.bytes.slice();
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(readKeptEntry(forged).ok).toBe(true);
    expect(readEntry(forged)).toEqual({ ok: false, error: 'bad-signature' });
    expect(readKeptEntry(forged.subarray(1)).ok).toBe(false);
  });
});

describe('A signed entry', () => {
  it.each(entries.map((entry) => [entry.body.type, entry] as const))(
    'of type %s reads as it was written',
    (_type, entry) => {
      expect(readEntry(entry.bytes)).toEqual({ ok: true, value: entry });
      expect(entry.circle).toBe(entry.body.type === 'genesis' ? undefined : CIRCLE);
    },
  );

  it('with any byte changed is refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...entries),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (entry, at, by) => {
          const changed = new Uint8Array(entry.bytes);
          const index = at % changed.length;
          changed[index] = (changed[index] ?? 0) ^ by;
          expect(readEntry(changed).ok).toBe(false);
          expect(readEntry(entry.bytes.slice(0, index)).ok).toBe(false);
        },
      ),
      runs,
    );
  });

  it('never throws on bytes from strangers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readEntry(bytes).ok).toBe(false);
      }),
      runs,
    );
    expect(readEntry(new Uint8Array(MAX_ENTRY_BYTES + 1))).toEqual({
      ok: false,
      error: 'too-large',
    });
  });

  it('folds to the circle it tells of', () => {
    const roster = foldRoster(CIRCLE, entries.toReversed());
    expect(roster.name).toBe('Friends');
    expect(roster.members.get(founder.root.member)?.status).toBe('active');
    expect(roster.members.get(guest.root.member)).toMatchObject({
      name: 'Guest',
      status: 'removed',
    });
    expect(roster.epoch).toMatchObject({ number: 1, due: false });
    expect(roster.entries.size).toBe(entries.length);
  });

  it('is refused if another key signed it', () => {
    const body = { type: 'setting', name: 'Eve' } as const;
    const draft = draftEntry({
      circle: CIRCLE,
      author: idBytes(founder.device.device),
      heads: [genesis.id],
      time: 0,
      body,
    });
    expect(() => draft.finish(guest.device.sign(draft.message))).toThrow('bad-signature');
    expect(() => draft.finish(founder.device.sign(utf8('something else')))).toThrow(
      'bad-signature',
    );
    expect(draft.finish(founder.device.sign(draft.message)).body).toEqual(body);
  });

  it('cannot claim a device or a person that did not agree', () => {
    const admitted = bodyOfType('admit');
    const certified = bodyOfType('device');
    const admitAs = (body: object) => () =>
      sign(CIRCLE, idBytes(invite.invite), [genesis.id], invite.sign, body as EntryBody);
    expect(admitAs({ ...admitted, name: 'Somebody else' })).toThrow('bad-signature');
    expect(admitAs({ ...admitted, member: founder.root.member })).toThrow('bad-signature');
    expect(admitAs({ ...certified, device: guest.device.device })).toThrow('bad-signature');
    expect(admitAs({ ...certified, member: guest.root.member })).toThrow('bad-signature');
    expect(admitAs({ ...certified, box: key(1) })).toThrow('bad-signature');
    expect(admitAs({ ...certified, counter: 1 })).toThrow('bad-signature');
    expect(admitAs(admitted)).not.toThrow();
  });

  it('is a genesis without a past, or something later with one', () => {
    const { root } = founder;
    const author = idBytes(root.member);
    const later = { type: 'remove', member: root.member } as const;
    expect(() => sign(undefined, author, [], root.sign, later)).toThrow('wrong-shape');
    expect(() => sign(CIRCLE, author, [], root.sign, later)).toThrow('wrong-shape');
    expect(() => sign(CIRCLE, author, [genesis.id], root.sign, genesis.body)).toThrow(
      'wrong-shape',
    );
    expect(() => circleIdOf(entries[1]!)).toThrow(TypeError);
  });

  it.each(['', ' Ana', 'Ana\n', 'A\u0000', 'A\u202ena', 'A\u200ena'])(
    'under the name %j is of the wrong shape',
    (name) => {
      const asking = { invite: invite.invite, member: guest.root.member, name };
      const member_signature = guest.root.sign(admitMessage(CIRCLE, asking));
      const heads = [genesis.id];
      const made = (body: EntryBody, by: Bytes, sign_: (message: Bytes) => Bytes) => () =>
        sign(
          body.type === 'genesis' ? undefined : CIRCLE,
          by,
          body.type === 'genesis' ? [] : heads,
          sign_,
          body,
        );
      const root = idBytes(founder.root.member);
      const first = { type: 'genesis', salt: key(9), relays: [] } as const;
      const wrong = [
        made({ ...first, name, founder_name: 'Ana' }, root, founder.root.sign),
        made({ ...first, name: 'Family', founder_name: name }, root, founder.root.sign),
        made({ type: 'setting', name }, idBytes(founder.device.device), founder.device.sign),
        made({ type: 'admit', ...asking, member_signature }, idBytes(invite.invite), invite.sign),
      ];
      for (const make of wrong) expect(make).toThrow('wrong-shape');
    },
  );

  it('names at most MAX_ENTRY_HEADS heads, each once and in order', () => {
    const heads = Array.from({ length: MAX_ENTRY_HEADS + 5 }, (_, i) =>
      idOf<EntryId>(key(200 - i)),
    );
    const entry = byFounder([...heads, heads[0]!], { type: 'setting' });
    expect(entry.heads).toEqual(heads.slice(0, MAX_ENTRY_HEADS).sort());
  });

  it('refuses heads out of order, which would be a second form of the same entry', () => {
    const heads = [1, 2].map((byte) => idOf<EntryId>(key(byte)));
    const entry = byFounder(heads, { type: 'setting' });
    const hex = toHex(entry.bytes);
    const [a, b] = heads.map(String) as [string, string];
    const swapped = hex.replace(a, '-').replace(b, a).replace('-', b);
    expect(readEntry(own(Buffer.from(swapped, 'hex')))).toEqual({
      ok: false,
      error: 'wrong-shape',
    });
  });

  it('has room for an epoch key for every device of a full circle', () => {
    const entry = byFounder(
      Array.from({ length: MAX_ENTRY_HEADS }, (_, i) => idOf<EntryId>(key(i))),
      {
        type: 'epoch',
        number: 0xffffffff,
        excludes: Array.from({ length: MAX_MEMBERS }, () => idOf<MemberId>(key(255))),
        key_commitment: key(255),
        sealed: Array.from({ length: MAX_DEVICES }, () => ({
          device: idOf<DeviceId>(key(255)),
          box: key(255, 80),
        })),
      },
    );
    expect(entry.bytes.length).toBeLessThanOrEqual(MAX_ENTRY_BYTES);
  });
});
