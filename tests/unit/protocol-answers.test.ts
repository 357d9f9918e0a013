import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/domain/bytes.ts';
import {
  circleTopic,
  envelopeKey,
  keyCommitment,
  namespaceToken,
} from '../../src/domain/circle/epoch.ts';
import { inviteKeys } from '../../src/domain/circle/invite-link.ts';
import { circleIdOf, draftEntry } from '../../src/domain/circle/roster-entry.ts';
import { deviceKeyOf } from '../../src/domain/identity/device-key.ts';
import { wordsOfEntropy } from '../../src/domain/identity/recovery-words.ts';
import { rootKeyOf } from '../../src/domain/identity/root-key.ts';
import { sealTo } from '../../src/domain/identity/sealed-box.ts';
import {
  idBytes,
  idOf,
  type CircleId,
  type MemberId,
  type ReplicaId,
} from '../../src/domain/ids.ts';
import { deleteNonce } from '../../src/domain/proofs/ownership.ts';
import { swKey } from '../../src/domain/proofs/retrievability.ts';
import known from '../vectors/known-answers.json' with { type: 'json' };

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');

const fill = (byte: number) => new Uint8Array(32).fill(byte);
const upTo = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const e = upTo(16);
const k = upTo(32);
const circle = idOf<CircleId>(fill(0x11));
const owner = idOf<MemberId>(fill(0x55));

/** What the page says, computed by the code that the app runs. */
function computed(): Readonly<Record<string, string>> {
  const root = rootKeyOf(e);
  const device = deviceKeyOf(k);
  const keys = inviteKeys(e, circle);
  const box = sealTo(device.boxPublic, utf8('hello'), 'quloud/v1/generation', fill(0x66));
  const draft = draftEntry({
    circle: undefined,
    author: idBytes(root.member),
    heads: [],
    time: 1_700_000_000,
    body: {
      type: 'genesis',
      name: 'Family',
      founder_name: 'Ana',
      salt: fill(0x77),
      relays: [],
    },
  });
  const genesis = draft.finish(root.sign(draft.message));
  return {
    'words of entropy e': wordsOfEntropy(e).join(' '),
    member: root.member,
    'root X25519': toHex(root.sealPublic),
    'device of seed k': device.device,
    'its X25519': toHex(device.boxPublic),
    'box to it of "hello"': toHex(box),
    'invite of secret e': keys.invite,
    'its box': toHex(keys.boxPublic),
    'relay token': toHex(keys.relayToken),
    token_hash: toHex(keys.tokenHash),
    'topic, epoch key k': circleTopic(k, circle),
    'namespace token': toHex(namespaceToken(k, circle)),
    'key commitment': toHex(keyCommitment(k, circle)),
    'envelope key': toHex(envelopeKey(k, circleTopic(k, circle))),
    'k_sw(55..), audit k': toHex(swKey(k, circle, owner)),
    'delete nonce': toHex(deleteNonce(owner, idOf<ReplicaId>(fill(0x99)))),
    'entry id': genesis.id,
    circle: circleIdOf(genesis),
  };
}

describe('the known answers on the protocol page', () => {
  it('are what the app computes, each of them', () => {
    const written = answersOf(PAGE, 'More;');
    // One that is added to the page is to be computed here too.
    expect(written.size).toBe(18);
    expect(Object.fromEntries(written)).toEqual(computed());
  });

  it('are on the page as they are in the vectors', () => {
    expect(Object.fromEntries(answersOf(PAGE, '**Known answers**'))).toEqual({
      'replica id (epoch 0)': known.replicaId,
      'first tag': known.swTag0,
      Y: known.ownY,
      R: known.ownR,
      s: known.ownS,
    });
  });

  it('would be found different by one letter', () => {
    const changed = PAGE.replace('abandon amount liar', 'abandon amount lion');
    expect(changed).not.toBe(PAGE);
    expect(Object.fromEntries(answersOf(changed, 'More;'))).not.toEqual(computed());
  });
});

/** Label and value of each line of the first block after `start`; what goes on below is added. */
function answersOf(page: string, start: string): ReadonlyMap<string, string> {
  const block = page.slice(page.indexOf(start)).split('```')[1] ?? '';
  const answers = new Map<string, string>();
  let label = '';
  for (const line of block.split('\n')) {
    const [, name, value] = /^( {0,2}\S.*?)? {2,}(\S.*)$/.exec(line) ?? [];
    if (value === undefined) continue;
    // Notes stand in brackets behind a value.
    const text = value.replace(/ {4}\(.*\)$/, '');
    if (name === undefined) answers.set(label, `${answers.get(label) ?? ''}${text}`);
    else {
      label = name.trim();
      // A line that ends so says what the ones below are of.
      if (!text.endsWith(':')) answers.set(label, text);
    }
  }
  return answers;
}
