import { describe, expect, it } from 'vitest';
import type { RosterEntry } from '../../../src/domain/circle/roster-entry.ts';
import {
  foldRoster,
  introductionOf,
  landmarks,
  missingFrom,
} from '../../../src/domain/circle/roster.ts';
import { idOf, type EntryId } from '../../../src/domain/ids.ts';
import { MAX_ENTRIES_PER_MESSAGE, MAX_ENTRY_HEADS } from '../../../src/domain/limits.ts';
import {
  admitBody,
  ask,
  circleOf,
  deviceBody,
  epochBody,
  equip,
  generationBody,
  gist,
  inviteBody,
  inviteId,
  letIn,
  paperCircle,
  person,
  SOME_KEY,
  statusOf,
  type Paper,
  type Person,
} from './paper-circle.ts';

function removal(paper: Paper, by: Person, of: Person, heads = paper.heads()) {
  return paper.write(by.device(), { type: 'remove', member: of.member }, heads);
}

describe('A new circle', () => {
  it('has its founder with the first device, and the name and relays of the genesis', () => {
    const { paper } = circleOf();
    const roster = paper.fold();
    expect(roster).toMatchObject({
      circle: paper.circle,
      name: 'Family',
      founder: paper.founder.member,
      relays: ['/dns4/relay.example/tcp/443/wss'],
      conflict: false,
      epoch: { number: 0, next: 1, entry: undefined, due: false },
      outsiders: [],
    });
    expect(roster.members.get(paper.founder.member)).toMatchObject({
      name: 'Founder',
      status: 'active',
      seniority: 0,
      invitedBy: undefined,
      branch: paper.founder.member,
      generation: 1,
    });
    expect([...roster.devices.keys()]).toEqual([paper.founder.device()]);
  });

  it('is nobody yet without its genesis entry', () => {
    const { paper } = circleOf('Ana');
    const roster = foldRoster(paper.circle, paper.entries.slice(1));
    expect(roster.members.size).toBe(0);
    expect(roster.entries.size).toBe(0);
    expect(roster.founder).toBe('0'.repeat(64));
    expect(paper.fold().members.has(roster.founder)).toBe(false);
  });

  it('takes settings from the founder only', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.device(), { type: 'setting', name: 'Ana rules' });
    expect(paper.fold().name).toBe('Family');
    paper.write(paper.founder.device(), { type: 'setting', name: 'Friends' });
    paper.write(paper.founder.device(), { type: 'setting', relays: [] });
    expect(paper.fold()).toMatchObject({ name: 'Friends', relays: [] });
  });
});

describe('Coming in', () => {
  it('is provisional until a member counter-signs', () => {
    const paper = paperCircle();
    const ana = person('Ana');
    const admit = ask(paper, paper.founder, ana);
    expect(statusOf(paper.fold(), ana)).toBe('provisional');
    expect(paper.fold().devices.has(ana.device())).toBe(false);
    paper.write(paper.founder.device(), { type: 'counter-sign', admit: admit.id });
    const roster = paper.fold();
    expect(statusOf(roster, ana)).toBe('active');
    expect(roster.devices.get(ana.device())?.member).toBe(ana.member);
    expect(roster.invites.get(inviteId('Ana'))).toMatchObject({
      createdBy: paper.founder.member,
      uses: 1,
      revoked: false,
      admitted: [ana.member],
    });
  });

  it('gives everyone let in by one non-founder the same branch', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    const fakes = ['x', 'y', 'z'].map(person);
    letIn(paper, ana, fakes[0]!);
    letIn(paper, ana, fakes[1]!);
    letIn(paper, fakes[1]!, fakes[2]!);
    const { members } = paper.fold();
    expect(members.get(bo.member)?.branch).toBe(bo.member);
    for (const fake of fakes) expect(members.get(fake.member)?.branch).toBe(ana.member);
    expect([...members.values()].map((member) => member.seniority)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is not for the provisional to grant, nor for a removed member, nor for oneself', () => {
    const paper = paperCircle();
    const [ana, bo] = ['Ana', 'Bo'].map(person) as [Person, Person];
    const admit = ask(paper, paper.founder, ana);
    paper.write(ana.device(), { type: 'counter-sign', admit: admit.id });
    paper.write(ana.device(), inviteBody(inviteId('Bo')));
    paper.write(inviteId('Bo'), admitBody(inviteId('Bo'), bo));
    expect(statusOf(paper.fold(), ana)).toBe('provisional');
    expect(paper.fold().invites.has(inviteId('Bo'))).toBe(false);
    expect(statusOf(paper.fold(), bo)).toBe('unknown');
  });

  it('keeps one of two who were let in on one use by two partitions, and says so', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const [bo, cy] = ['Bo', 'Cy'].map(person) as [Person, Person];
    paper.write(paper.founder.device(), inviteBody(inviteId('shared')));
    const fork = paper.heads();
    const admits = [bo, cy].map((guest) => {
      const admit = paper.write(inviteId('shared'), admitBody(inviteId('shared'), guest), fork);
      equip(paper, guest, [admit.id]);
      return admit;
    });
    const signs = [paper.founder, ana].map((host, i) =>
      paper.write(
        host.device(),
        { type: 'counter-sign', admit: admits[i]?.id ?? paper.genesis.id },
        [admits[i]?.id ?? paper.genesis.id],
      ),
    );
    const roster = paper.fold();
    const winner = (signs[0]?.id ?? '') < (signs[1]?.id ?? '') ? bo : cy;
    const loser = winner === bo ? cy : bo;
    expect(statusOf(roster, winner)).toBe('active');
    expect(statusOf(roster, loser)).toBe('provisional');
    expect(roster.conflict).toBe(true);
    expect(roster.epoch.due).toBe(true);
    expect(roster.invites.get(inviteId('shared'))?.admitted).toEqual([winner.member]);

    paper.write(paper.founder.device(), epochBody(1, [loser.member]));
    expect(paper.fold()).toMatchObject({ conflict: false, epoch: { number: 1, due: false } });
  });

  it('lets as many in as an invite has uses', () => {
    const paper = paperCircle();
    const guests = ['a', 'b', 'c'].map(person);
    for (const guest of guests) {
      const admit = ask(paper, paper.founder, guest, { invite: inviteId('many'), uses: 2 });
      paper.write(paper.founder.device(), { type: 'counter-sign', admit: admit.id });
    }
    expect(guests.map((guest) => statusOf(paper.fold(), guest))).toEqual([
      'active',
      'active',
      'provisional',
    ]);
  });

  it('costs one use however many counter-sign the same person', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const bo = person('Bo');
    const admit = ask(paper, paper.founder, bo);
    const fork = paper.heads();
    for (const host of [ana, paper.founder]) {
      paper.write(host.device(), { type: 'counter-sign', admit: admit.id }, fork);
    }
    expect(paper.fold().conflict).toBe(false);
    // With Ana's word gone, the founder's still stands.
    removal(paper, paper.founder, ana, fork);
    expect(statusOf(paper.fold(), ana)).toBe('removed');
    expect(statusOf(paper.fold(), bo)).toBe('active');
  });

  it('ends with the revocation of the invite, by its creator or the founder only', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    const cy = person('Cy');
    const admit = ask(paper, ana, cy);
    paper.write(bo.device(), { type: 'invite-revoke', invite: inviteId('Cy') });
    expect(paper.fold().invites.get(inviteId('Cy'))?.revoked).toBe(false);
    paper.write(paper.founder.device(), { type: 'invite-revoke', invite: inviteId('Cy') });
    expect(paper.fold().invites.get(inviteId('Cy'))?.revoked).toBe(true);
    paper.write(bo.device(), { type: 'counter-sign', admit: admit.id });
    expect(statusOf(paper.fold(), cy)).toBe('provisional');
  });

  it('is not possible on the invite of someone who was removed', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    const cy = person('Cy');
    const admit = ask(paper, ana, cy);
    removal(paper, paper.founder, ana);
    paper.write(bo.device(), { type: 'counter-sign', admit: admit.id });
    expect(paper.fold().invites.get(inviteId('Cy'))?.revoked).toBe(true);
    expect(statusOf(paper.fold(), cy)).toBe('provisional');
  });

  it('is impossible without an invite: strangers are as if absent, with all built on them', () => {
    const { paper } = circleOf('Ana');
    const before = paper.fold();
    const eve = person('Eve');
    const hers = equip(paper, eve);
    const invite = paper.write(eve.device(), inviteBody(inviteId('Eve')), [hers.id]);
    paper.write(inviteId('Eve'), admitBody(inviteId('Eve'), eve), [invite.id]);
    const mine = paper.write(paper.founder.device(), { type: 'setting', name: 'built on Eve' }, [
      ...before.heads,
      invite.id,
    ]);
    expect(gist(paper.fold())).toEqual(gist(before));
    expect(paper.fold().entries.has(mine.id)).toBe(false);
  });
});

describe('Removal', () => {
  it('by the founder takes effect at once and is for ever', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    removal(paper, paper.founder, ana);
    const roster = paper.fold();
    expect(statusOf(roster, ana)).toBe('removed');
    expect(roster.devices.has(ana.device())).toBe(false);
    expect(roster.epoch.due).toBe(true);
    paper.write(paper.founder.device(), inviteBody(inviteId('again')));
    const admit = paper.write(inviteId('again'), admitBody(inviteId('again'), ana));
    paper.write(paper.founder.device(), { type: 'counter-sign', admit: admit.id });
    expect(statusOf(paper.fold(), ana)).toBe('removed');
  });

  it('keeps what came before it and voids what came after or at the same time', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    letIn(paper, ana, person('before'));
    const fork = paper.heads();
    letIn(paper, ana, person('meanwhile'));
    removal(paper, paper.founder, ana, fork);
    letIn(paper, ana, person('after'));
    const roster = paper.fold();
    expect(statusOf(roster, person('before'))).toBe('active');
    expect(statusOf(roster, person('meanwhile'))).toBe('unknown');
    expect(statusOf(roster, person('after'))).toBe('unknown');
  });

  it('by one member who is not the founder is only a vote', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    removal(paper, ana, bo);
    removal(paper, ana, bo);
    expect(statusOf(paper.fold(), bo)).toBe('active');
  });

  it('by a majority begins with the vote that sees the majority', () => {
    const { paper, people } = circleOf('Ana', 'Bo', 'Cy', 'Di');
    const [ana, bo, cy, di] = people as [Person, Person, Person, Person];
    const fork = paper.heads();
    for (const voter of [ana, bo, cy]) removal(paper, voter, di, fork);
    expect(statusOf(paper.fold(), di)).toBe('active');
    removal(paper, ana, di);
    expect(statusOf(paper.fold(), di)).toBe('removed');
  });

  it('by two of three who are left counts only those who are left', () => {
    const { paper, people } = circleOf('Ana', 'Bo', 'Cy', 'Di');
    const [ana, bo, cy, di] = people as [Person, Person, Person, Person];
    removal(paper, paper.founder, di);
    removal(paper, ana, cy);
    removal(paper, bo, cy);
    expect(statusOf(paper.fold(), cy)).toBe('active');
    paper.write(paper.founder.device(), { type: 'remove', member: paper.founder.member });
    removal(paper, bo, cy);
    expect(statusOf(paper.fold(), cy)).toBe('removed');
    expect(statusOf(paper.fold(), paper.founder)).toBe('removed');
  });

  it('of each other leaves the founder', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    const fork = paper.heads();
    removal(paper, paper.founder, ana, fork);
    const first = removal(paper, bo, paper.founder, fork);
    removal(paper, ana, paper.founder, [first.id]);
    const roster = paper.fold();
    expect(statusOf(roster, paper.founder)).toBe('active');
    expect(statusOf(roster, ana)).toBe('removed');
    expect(statusOf(roster, bo)).toBe('active');
  });

  it('of each other leaves the one who came first', () => {
    const { paper, people } = circleOf('Ana', 'Bo', 'Cy', 'Di');
    const [ana, bo, cy, di] = people as [Person, Person, Person, Person];
    removal(paper, cy, ana);
    removal(paper, di, ana);
    removal(paper, cy, bo);
    removal(paper, di, bo);
    const fork = paper.heads();
    // Each of these two is the third vote of five.
    removal(paper, bo, ana, fork);
    removal(paper, ana, bo, fork);
    const roster = paper.fold();
    expect(statusOf(roster, ana)).toBe('active');
    expect(statusOf(roster, bo)).toBe('removed');
  });

  it('round in a circle of three spares the one who came first', () => {
    const { paper, people } = circleOf('Ana', 'Bo', 'Cy', 'Di', 'Ed', 'Flo');
    const [ana, bo, cy, ...others] = people as [Person, Person, Person, ...Person[]];
    for (const other of others) {
      for (const target of [ana, bo, cy]) removal(paper, other, target);
    }
    const fork = paper.heads();
    // Each of these is the fourth vote of seven.
    removal(paper, ana, bo, fork);
    removal(paper, bo, cy, fork);
    removal(paper, cy, ana, fork);
    const roster = paper.fold();
    expect([ana, bo, cy].map((who) => statusOf(roster, who))).toEqual([
      'active',
      'removed',
      'active',
    ]);
  });

  it('of a remover who was removed before is void', () => {
    const { paper, people } = circleOf('Ana', 'Bo', 'Cy');
    const [ana, bo, cy] = people as [Person, Person, Person];
    removal(paper, ana, cy);
    removal(paper, bo, cy);
    removal(paper, paper.founder, ana);
    removal(paper, ana, cy);
    expect(statusOf(paper.fold(), cy)).toBe('active');
  });

  it('of oneself needs nobody, twice at once neither', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.signKey(), deviceBody(ana, { number: 2 }));
    const fork = paper.heads();
    paper.write(ana.device(1), { type: 'remove', member: ana.member }, fork);
    paper.write(ana.device(2), { type: 'remove', member: ana.member }, fork);
    expect(statusOf(paper.fold(), ana)).toBe('removed');
  });

  it('cannot be followed by a backdated departure that unsays what the removal had seen', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const fork = paper.heads();
    letIn(paper, ana, person('Bo'));
    removal(paper, paper.founder, ana);
    const before = gist(paper.fold());
    paper.write(ana.device(), { type: 'remove', member: ana.member }, fork);
    expect(gist(paper.fold())).toEqual(before);
    expect(statusOf(paper.fold(), person('Bo'))).toBe('active');
  });
});

describe('Devices', () => {
  it('need a certificate by the key of the current generation', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    paper.write(bo.signKey(), deviceBody(ana, { number: 2 }));
    paper.write(ana.signKey(2), deviceBody(ana, { number: 3, generation: 2 }));
    expect([...(paper.fold().members.get(ana.member)?.devices.keys() ?? [])]).toEqual([
      ana.device(),
    ]);
  });

  it('belong to whoever certified them first', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    paper.write(bo.signKey(), { ...deviceBody(ana), member: bo.member } as never);
    expect(paper.fold().devices.get(ana.device())?.member).toBe(ana.member);
  });

  it('end with a new generation unless they are certified again', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.signKey(), deviceBody(ana, { number: 2 }));
    const fork = paper.heads();
    const generation = paper.write(ana.member, generationBody(ana, 2));
    expect(paper.fold().members.get(ana.member)).toMatchObject({ generation: 2 });
    expect(paper.fold().members.get(ana.member)?.devices.size).toBe(0);
    paper.write(ana.signKey(2), deviceBody(ana, { generation: 2, counter: 1 }), [generation.id]);
    // A thief with the old secrets goes on as if nothing had happened.
    paper.write(ana.signKey(1), deviceBody(ana, { number: 3 }), fork);
    paper.write(ana.device(2), inviteBody(inviteId('thief')), fork);
    paper.write(ana.device(2), { type: 'remove', member: ana.member }, fork);
    const roster = paper.fold();
    expect(statusOf(roster, ana)).toBe('active');
    expect([...roster.devices.keys()]).toEqual([paper.founder.device(), ana.device(1)]);
    expect(roster.invites.has(inviteId('thief'))).toBe(false);
  });

  it('take generations one by one, from the root key only', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.member, generationBody(ana, 3));
    paper.write(ana.device(), generationBody(ana, 2));
    paper.write(paper.founder.member, { ...generationBody(ana, 2) });
    expect(paper.fold().members.get(ana.member)?.generation).toBe(1);
  });

  it('may be revoked by older ones, by themselves, by the words, but not by younger ones', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    for (const number of [2, 3, 4]) {
      paper.write(ana.signKey(), deviceBody(ana, { number, parent: ana.device() }));
    }
    const revoke = (author: string, number: number) =>
      paper.write(author, { type: 'device-revoke', device: ana.device(number) });
    const left = () => [...(paper.fold().members.get(ana.member)?.devices.keys() ?? [])];
    revoke(ana.device(2), 1);
    revoke(bo.device(), 1);
    expect(left()).toEqual([1, 2, 3, 4].map((number) => ana.device(number)));
    revoke(ana.device(1), 2);
    revoke(ana.device(3), 3);
    revoke(ana.member, 4);
    expect(left()).toEqual([ana.device(1)]);
  });

  it('do not escape revocation by a second certificate that looks older than the first', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const early = paper.entries.find(({ author }) => author === ana.member)?.id;
    paper.write(ana.signKey(), deviceBody(ana, { number: 2, counter: 1 }));
    const backdated = deviceBody(ana, { number: 2, counter: 0 });
    paper.write(ana.signKey(), backdated, [early ?? paper.genesis.id]);
    paper.write(ana.device(2), { type: 'device-revoke', device: ana.device(1) });
    expect(paper.fold().devices.has(ana.device(1))).toBe(true);
    paper.write(ana.device(1), { type: 'device-revoke', device: ana.device(2) });
    expect([...(paper.fold().members.get(ana.member)?.devices.keys() ?? [])]).toEqual([
      ana.device(1),
    ]);
  });

  it('lose what they and their children said after or beside the revocation', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.signKey(), deviceBody(ana, { number: 2, parent: ana.device() }));
    paper.write(ana.device(2), inviteBody(inviteId('before')));
    const fork = paper.heads();
    paper.write(ana.member, { type: 'device-revoke', device: ana.device(2) });
    paper.write(ana.device(2), inviteBody(inviteId('beside')), fork);
    paper.write(ana.signKey(), deviceBody(ana, { number: 3, parent: ana.device(2) }), fork);
    paper.write(ana.signKey(), deviceBody(ana, { number: 2, counter: 5 }));
    const roster = paper.fold();
    expect(roster.invites.has(inviteId('before'))).toBe(true);
    expect(roster.invites.has(inviteId('beside'))).toBe(false);
    expect([...(roster.members.get(ana.member)?.devices.keys() ?? [])]).toEqual([ana.device(1)]);
  });

  it('are certified again only with a higher counter and by their own member', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    paper.write(ana.signKey(), { ...deviceBody(ana, { counter: 0 }), label: 'stale' } as never);
    expect(paper.fold().devices.get(ana.device())?.label).toBe('Browser');
    paper.write(ana.signKey(), { ...deviceBody(ana, { counter: 1 }), label: 'Phone' } as never);
    expect(paper.fold().devices.get(ana.device())?.label).toBe('Phone');
    paper.write(ana.signKey(), deviceBody(ana, { number: 2, parent: paper.founder.device() }));
    expect(paper.fold().devices.has(ana.device(2))).toBe(false);
  });
});

describe('Epochs', () => {
  it('count up by one, and only members begin them', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    ask(paper, ana, person('Bo'));
    paper.write(person('Bo').device(), epochBody(1));
    paper.write(ana.device(), epochBody(2));
    expect(paper.fold().epoch.number).toBe(0);
    paper.write(ana.device(), epochBody(1));
    const second = paper.write(paper.founder.device(), epochBody(2));
    expect(paper.fold().epoch).toMatchObject({ number: 2, entry: second.id, due: false });
  });

  it('that exclude all who were removed come before others, then the lowest hash wins', () => {
    const { paper, people } = circleOf('Ana', 'Bo');
    const [ana, bo] = people as [Person, Person];
    const fork = paper.heads();
    const blind = paper.write(bo.device(), epochBody(1), fork);
    removal(paper, paper.founder, ana, fork);
    expect(paper.fold().epoch).toMatchObject({ number: 1, entry: blind.id, due: true });
    const again = paper.heads();
    const two = [paper.founder, bo].map((author) =>
      paper.write(author.device(), epochBody(2, [ana.member]), again),
    );
    const lowest = two.map((entry) => entry.id).sort()[0];
    expect(paper.fold().epoch).toMatchObject({ number: 2, entry: lowest, due: false });
    const later = paper.write(bo.device(), epochBody(3));
    expect(paper.fold().epoch).toMatchObject({ number: 3, entry: later.id, due: false });
  });

  it('of a removed author count only from before the removal', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const fork = paper.heads();
    removal(paper, paper.founder, ana);
    paper.write(ana.device(), epochBody(1), fork);
    expect(paper.fold().epoch.number).toBe(0);
  });
});

describe('Exchange', () => {
  it('sends what the other lacks, parents first', () => {
    const { paper } = circleOf('Ana');
    const known = paper.heads();
    letIn(paper, paper.founder, person('Bo'));
    const roster = paper.fold();
    const { entries, more } = missingFrom(roster, known);
    expect([entries.length, more]).toEqual([5, false]);
    expect(foldRoster(paper.circle, [...paper.entries.slice(0, -5), ...entries])).toEqual(roster);
    expect(missingFrom(roster, roster.heads)).toEqual({ entries: [], more: false });
    expect(missingFrom(roster, []).entries.length).toBe(roster.entries.size);
  });

  it('comes to the same in small bites, whatever heads are unknown', () => {
    const { paper } = circleOf('Ana', 'Bo');
    const roster = paper.fold();
    const largest = Math.max(...paper.entries.map((entry) => entry.bytes.length));
    const heads = [idOf<EntryId>(SOME_KEY)];
    const got: RosterEntry[] = [];
    for (let bite = { more: true }; bite.more;) {
      const page = missingFrom(roster, heads, { after: got.at(-1)?.id, maxBytes: largest });
      expect(page.entries.length).toBeGreaterThan(0);
      got.push(...page.entries);
      bite = page;
    }
    // Nothing came twice.
    expect(got).toEqual([...roster.entries.values()]);
  });

  it('sends no more than MAX_ENTRIES_PER_MESSAGE small entries at once, and says that there are more', () => {
    const roster = wide(600).fold();
    const first = missingFrom(roster, []);
    expect([first.entries.length, first.more]).toEqual([MAX_ENTRIES_PER_MESSAGE, true]);
    const second = missingFrom(roster, [], { after: first.entries.at(-1)?.id });
    expect(second.more).toBe(false);
    expect(first.entries.length + second.entries.length).toBe(roster.entries.size);
  });

  it('names what is further back, so that who does not know the newest need not send everything', () => {
    const paper = wide(600);
    const theirs = paper.fold();
    for (let i = 0; i < 3; i++) paper.write(paper.founder.device(), { type: 'setting' });
    const ours = paper.fold();
    const named = landmarks(ours);
    expect(named.length).toBeLessThanOrEqual(MAX_ENTRY_HEADS);
    const sent = (known: readonly EntryId[]) => missingFrom(theirs, known).entries.length;
    expect(sent(ours.heads)).toBe(MAX_ENTRIES_PER_MESSAGE);
    expect(sent(named)).toBeLessThan(50);
  });

  it('introduces a device by what makes it a member’s, and by nothing else', () => {
    const { paper, people } = circleOf('Ana');
    const [ana] = people as [Person];
    const known = paper.heads();
    const bo = person('Bo');
    letIn(paper, paper.founder, bo);
    for (let i = 0; i < 5; i++) paper.write(ana.device(), { type: 'setting' });
    const shown = introductionOf(paper.fold(), bo.device(), known);
    expect(shown.map((entry) => entry.body.type)).toEqual([
      'invite',
      'admit',
      'generation',
      'device',
      'counter-sign',
    ]);
    const before = paper.entries.slice(0, -10);
    expect(foldRoster(paper.circle, [...before, ...shown]).devices.has(bo.device())).toBe(true);
  });
});

/** The founder says so much, each word on the one before. */
function wide(count: number): Paper {
  const paper = paperCircle();
  for (let i = 0; i < count; i++) {
    const last = paper.entries.at(-1)?.id ?? paper.genesis.id;
    paper.write(paper.founder.device(), { type: 'setting' }, [last]);
  }
  return paper;
}
