import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/domain/circle/roster-dag.ts';
import type { RosterEntry } from '../../../src/domain/circle/roster-entry.ts';
import { roomFor } from '../../../src/domain/circle/roster-room.ts';
import { foldRoster } from '../../../src/domain/circle/roster.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { verifyEd25519 } from '../../../src/domain/identity/signatures.ts';
import { idBytes } from '../../../src/domain/ids.ts';
import { MAX_DEVICES_PER_MEMBER } from '../../../src/domain/circle/roster-view.ts';
import {
  MAX_DEVICES,
  MAX_ENDINGS_PER_AUTHOR,
  MAX_ENTRIES_PER_AUTHOR,
  MAX_MEMBERS,
  MAX_ROSTER_ENTRIES,
  RESERVED_ROSTER_ENTRIES,
} from '../../../src/domain/limits.ts';
import {
  admitBody,
  circleOf,
  deviceBody,
  epochBody,
  equip,
  inviteBody,
  inviteId,
  paperCircle,
  person,
  statusOf,
  type Paper,
  type Person,
} from './paper-circle.ts';

/** `count` people let in by the founder, built in a line so that thousands are made quickly. */
function crowd(paper: Paper, count: number): Person[] {
  return Array.from({ length: count }, (_, i) => {
    const guest = person(`Guest ${String(i)}`);
    const invite = inviteId(guest.name);
    const last = () => [paper.entries.at(-1)?.id ?? paper.genesis.id];
    paper.write(paper.founder.device(), inviteBody(invite), last());
    const admit = paper.write(invite, admitBody(invite, guest), last());
    equip(paper, guest, last());
    paper.write(paper.founder.device(), { type: 'counter-sign', admit: admit.id }, last());
    return guest;
  });
}

describe('A full circle', () => {
  it('takes MAX_MEMBERS people and not one more, until a place is free', () => {
    const paper = paperCircle();
    const guests = crowd(paper, MAX_MEMBERS);
    const [first] = guests as [Person];
    const late = guests.at(-1)!;
    const roster = paper.fold();
    const active = [...roster.members.values()].filter((member) => member.status === 'active');
    expect(active.length).toBe(MAX_MEMBERS);
    expect(statusOf(roster, late)).toBe('provisional');
    expect(roster.conflict).toBe(true);

    paper.write(paper.founder.device(), { type: 'remove', member: first.member });
    expect(statusOf(paper.fold(), late)).toBe('active');
    expect(paper.fold().conflict).toBe(false);
  });

  it('lists MAX_DEVICES_PER_MEMBER devices of one member, the newest', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    for (let number = 2; number <= MAX_DEVICES_PER_MEMBER; number++) {
      paper.write(ana.signKey(), deviceBody(ana, { number }));
    }
    const devices = () => [...(paper.fold().members.get(ana.member)?.devices.keys() ?? [])];
    expect(devices().length).toBe(MAX_DEVICES_PER_MEMBER);
    paper.write(ana.signKey(), deviceBody(ana, { number: 99 }));
    expect(devices().length).toBe(MAX_DEVICES_PER_MEMBER);
    expect(devices()).toContain(ana.device(99));
    expect(devices()).not.toContain(ana.device(1));
  });

  it('lists MAX_DEVICES devices in all', () => {
    const paper = paperCircle();
    const guests = crowd(paper, MAX_DEVICES / MAX_DEVICES_PER_MEMBER + 1);
    for (const guest of guests) {
      for (let number = 2; number <= MAX_DEVICES_PER_MEMBER; number++) {
        const last = paper.entries.at(-1)?.id ?? paper.genesis.id;
        paper.write(guest.signKey(), deviceBody(guest, { number }), [last]);
      }
    }
    const roster = paper.fold();
    expect(roster.devices.size).toBe(MAX_DEVICES);
    expect(roster.devices.has(paper.founder.device())).toBe(true);
  });

  it('shows at most MAX_MEMBERS of those who ask in', () => {
    const paper = paperCircle();
    const invite = inviteId('leaked');
    const opened = paper.write(paper.founder.device(), inviteBody(invite));
    for (let i = 0; i <= MAX_MEMBERS; i++) {
      paper.write(invite, admitBody(invite, person(`Asker ${String(i)}`)), [opened.id]);
    }
    expect(paper.fold().members.size).toBe(1 + MAX_MEMBERS);
  });

  it('takes the first MAX_ROSTER_ENTRIES entries in order, whatever order they come in', () => {
    const paper = paperCircle();
    const last = paper.heads();
    for (let i = paper.entries.length; i < MAX_ROSTER_ENTRIES + 3; i++) {
      paper.write(paper.founder.device(), { type: 'setting', name: `Name ${String(i)}` }, last);
    }
    const dag = connect(paper.circle, paper.entries);
    expect(dag.nodes.length).toBe(MAX_ROSTER_ENTRIES);
    const again = connect(paper.circle, paper.entries.toReversed());
    expect(again.nodes.at(-1)?.entry.id).toBe(dag.nodes.at(-1)?.entry.id);
    expect(foldRoster(paper.circle, paper.entries).entries.size).toBe(MAX_ROSTER_ENTRIES);
  });
});

describe('Room in the roster', () => {
  const flood = (paper: Paper, by: Person, count: number, end = false): readonly RosterEntry[] =>
    Array.from({ length: count }, (_, i) =>
      paper.write(
        by.device(),
        end ? epochBody(i + 1) : { type: 'setting', name: `Name ${String(i)}` },
        [paper.genesis.id],
      ),
    );

  it('is bounded for each key, and what it may end is counted apart', () => {
    const paper = paperCircle();
    const ana = person('Ana');
    const words = flood(paper, ana, MAX_ENTRIES_PER_AUTHOR + 5);
    expect(roomFor([], words)).toEqual(words.slice(0, MAX_ENTRIES_PER_AUTHOR));
    expect(roomFor(words.slice(0, 10), words.slice(10)).length).toBe(MAX_ENTRIES_PER_AUTHOR - 10);
    const endings = flood(paper, ana, MAX_ENDINGS_PER_AUTHOR + 5, true);
    expect(roomFor(words.slice(0, MAX_ENTRIES_PER_AUTHOR), endings).length).toBe(
      MAX_ENDINGS_PER_AUTHOR,
    );
    const [other] = flood(paper, person('Bo'), 1) as [RosterEntry];
    expect(roomFor([...words, ...endings], [other])).toEqual([other]);
  });

  it('is kept for removals when everything else is full', () => {
    const paper = paperCircle();
    const share = MAX_ENTRIES_PER_AUTHOR;
    const people = Array.from({ length: MAX_ROSTER_ENTRIES / share }, (_, i) => person(String(i)));
    const all = people.flatMap((one) => flood(paper, one, share));
    const kept = roomFor([], all);
    expect(kept.length).toBe(MAX_ROSTER_ENTRIES - RESERVED_ROSTER_ENTRIES);
    const [word] = flood(paper, paper.founder, 1) as [RosterEntry];
    const removal = paper.write(
      paper.founder.device(),
      { type: 'remove', member: person('0').member },
      [paper.genesis.id],
    );
    expect(roomFor(kept, [word, removal])).toEqual([removal]);
    const endings = people.flatMap((one) => flood(paper, one, share, true));
    const full = [...kept, ...roomFor(kept, endings)];
    expect(full.length).toBe(MAX_ROSTER_ENTRIES);
    expect(roomFor(full, [removal])).toEqual([]);
  });
});

describe('A long history', () => {
  it('of 2,000 entries with removals and forks is folded in a fraction of the time its signatures take to check', () => {
    const paper = paperCircle();
    const people = crowd(paper, MAX_MEMBERS - 2);
    const recent = (back: number) => paper.entries.slice(-back).map((entry) => entry.id);
    for (let i = paper.entries.length; i < 2000; i++) {
      const who = people[i % people.length]!;
      if (i % 60 === 0) {
        paper.write(paper.founder.device(), { type: 'remove', member: who.member }, recent(3));
      } else if (i % 60 === 30) {
        paper.write(paper.founder.device(), epochBody(1 + Math.floor(i / 60)), recent(2));
      } else paper.write(who.device(), inviteBody(inviteId(String(i))), recent(1 + (i % 3)));
    }
    const key = deviceKeyOf(new Uint8Array(32).fill(7));
    const [message, publicKey] = [new Uint8Array(200), idBytes(key.device)];
    const signature = key.sign(message);
    const checking = leastMs(() => {
      for (let i = 0; i < 20; i++) {
        expect(verifyEd25519(publicKey, message, signature)).toBe(true);
      }
    });
    const folding = leastMs(() => {
      expect(paper.fold().entries.size).toBe(2000);
    });
    expect(folding / (checking * 100)).toBeLessThan(0.05);
  });
});

/** The least of a few tries, so that what else the machine does counts as little as can be. */
function leastMs(task: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    task();
    return performance.now() - start;
  });
  return Math.min(...times);
}
