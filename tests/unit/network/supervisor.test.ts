import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import {
  DIAL_GRACE_MS,
  DIAL_STAGGER_MS,
  MAX_DIALS_AT_ONCE,
} from '../../../src/adapters/network/constants.ts';
import { createSupervisor, type Path } from '../../../src/adapters/network/supervisor.ts';
import { idOf, type DeviceId } from '../../../src/domain/ids.ts';
import { MAX_DIRECT_CONNECTIONS } from '../../../src/domain/limits.ts';

const device = (n: number) => idOf<DeviceId>(new Uint8Array(32).fill(n));
const SELF = 100;

interface DialResult {
  readonly ms: number;
  readonly works: boolean;
}

/** Devices with paths that open and close at a word. */
function setUp(
  init: {
    readonly peers?: readonly number[];
    readonly relayed?: (n: number) => DialResult;
    readonly direct?: (n: number) => DialResult;
    /** Whether sessions open at all. */
    readonly sessions?: boolean;
  } = {},
) {
  const environment = createMemoryEnvironment({ seed: 'supervisor' });
  const { clock } = environment;
  const peers = new Set((init.peers ?? [200]).map(device));
  const present = new Set(peers);
  const paths = new Map<DeviceId, Path[]>();
  const sessions = new Map<DeviceId, Path>();
  const used = new Set<Path>();
  const log: { readonly what: string; readonly device: DeviceId; readonly at: number }[] = [];
  let dialling = 0;
  let most = 0;
  let ids = 0;

  const open = (of: DeviceId) =>
    [...(paths.get(of) ?? [])].sort((a, b) => Number(b.direct) - Number(a.direct));
  const add = (of: DeviceId, direct: boolean): Path => {
    const path = { id: String(++ids), direct };
    paths.set(of, [...(paths.get(of) ?? []), path]);
    return path;
  };
  const dial =
    (what: 'relayed' | 'direct', result: (n: number) => DialResult) => (to: DeviceId) => {
      log.push({ what, device: to, at: clock.elapsed() });
      dialling += 1;
      most = Math.max(most, dialling);
      const { ms, works } = result(Number.parseInt(to.slice(0, 2), 16));
      return new Promise<Path | undefined>((resolve) => {
        clock.after(ms, () => {
          dialling -= 1;
          resolve(works ? add(to, what === 'direct') : undefined);
        });
      });
    };
  const fast = () => ({ ms: 20, works: true });
  const supervisor = createSupervisor<Path>({
    self: device(SELF),
    environment,
    peers: () => peers,
    isPresent: (of) => present.has(of),
    open,
    dialRelayed: dial('relayed', init.relayed ?? fast),
    dialDirect: dial('direct', init.direct ?? fast),
    settle(of) {
      const best = open(of)[0];
      if (best !== undefined && init.sessions !== false) sessions.set(of, best);
    },
    sessionPath: (of) => sessions.get(of),
    isUsed: (path) => used.has(path),
    close(path) {
      for (const [of, all] of paths)
        paths.set(
          of,
          all.filter((other) => other !== path),
        );
    },
    onLook: () => undefined,
  });
  supervisor.nudge();
  const cut = (of: DeviceId) => {
    paths.delete(of);
    sessions.delete(of);
    supervisor.nudge();
  };
  const times = (what: string, of: DeviceId) =>
    log.filter((entry) => entry.what === what && entry.device === of).map((entry) => entry.at);
  return { clock, supervisor, present, paths, used, open, add, cut, times, log, most: () => most };
}

describe('the supervisor', () => {
  it('dials a device with a higher id soon, one with a lower id only if nothing comes', async () => {
    const { clock, times } = setUp({ peers: [200, 50] });
    await clock.advance(DIAL_GRACE_MS * 2);
    expect(times('relayed', device(200))[0]).toBeLessThanOrEqual(DIAL_STAGGER_MS + 1);
    expect(times('relayed', device(50))[0]).toBeGreaterThanOrEqual(DIAL_GRACE_MS);

    const answered = setUp({ peers: [50] });
    await answered.clock.advance(1000);
    answered.add(device(50), false);
    await answered.clock.advance(DIAL_GRACE_MS * 2);
    expect(answered.times('relayed', device(50))).toEqual([]);
  });

  it('takes the relayed path first and the direct one after, then drops the relayed', async () => {
    const { clock, open, times, used } = setUp();
    await clock.advance(500);
    const relayed = open(device(200)).find((path) => !path.direct);
    if (relayed !== undefined) used.add(relayed);
    await clock.advance(2500);
    expect(open(device(200)).map((path) => path.direct)).toEqual([true, false]);
    expect(times('direct', device(200))[0]).toBeGreaterThan(times('relayed', device(200))[0] ?? 0);
    // As long as something runs on it, it stays.
    await clock.advance(10_000);
    expect(open(device(200))).toHaveLength(2);
    used.clear();
    await clock.advance(2000);
    expect(open(device(200)).map((path) => path.direct)).toEqual([true]);
  });

  it('drops the relayed path in the end even if the other side clings to it', async () => {
    const { clock, open, used } = setUp();
    await clock.advance(500);
    for (const path of open(device(200))) used.add(path);
    await clock.advance(90_000);
    expect(open(device(200)).map((path) => path.direct)).toEqual([true]);
  });

  it('never has more than a few dials under way', async () => {
    const { clock, most, paths } = setUp({
      peers: Array.from({ length: 12 }, (_, n) => 120 + n),
      relayed: () => ({ ms: 900, works: true }),
      direct: () => ({ ms: 900, works: true }),
    });
    await clock.advance(30_000);
    expect(most()).toBe(MAX_DIALS_AT_ONCE);
    expect([...paths.values()].filter((all) => all.some((path) => path.direct))).toHaveLength(12);
  });

  it('keeps no more direct paths than a tab should, and the rest relayed', async () => {
    const { clock, paths } = setUp({
      peers: Array.from({ length: MAX_DIRECT_CONNECTIONS + 4 }, (_, n) => 120 + n),
    });
    await clock.advance(60_000);
    const all = [...paths.values()];
    expect(all).toHaveLength(MAX_DIRECT_CONNECTIONS + 4);
    expect(all.filter((of) => of.some((path) => path.direct))).toHaveLength(MAX_DIRECT_CONNECTIONS);
  });

  it('backs off from what fails, and starts over when told', async () => {
    const { clock, supervisor, times } = setUp({ relayed: () => ({ ms: 10, works: false }) });
    await clock.advance(120_000);
    const at = times('relayed', device(200));
    const gaps = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    expect(at.length).toBeGreaterThan(6);
    expect(at.length).toBeLessThan(20);
    expect(Math.max(...gaps)).toBeLessThan(32_000);
    expect(gaps.at(-1)).toBeGreaterThan(10_000);
    supervisor.startOver();
    const before = clock.elapsed();
    await clock.advance(50);
    expect(times('relayed', device(200)).at(-1)).toBeGreaterThanOrEqual(before);
  });

  it('goes on trying for a direct path for ever', async () => {
    const { clock, times } = setUp({ direct: () => ({ ms: 20_000, works: false }) });
    await clock.advance(3_600_000);
    expect(times('direct', device(200)).length).toBeGreaterThan(8);
    expect(times('relayed', device(200))).toHaveLength(1);
  });

  it('redials at once what was lost, and leaves those alone who are not there', async () => {
    const { clock, cut, times, present } = setUp();
    await clock.advance(5000);
    const lost = clock.elapsed();
    cut(device(200));
    await clock.advance(1000);
    expect(times('relayed', device(200)).at(-1)).toBeLessThanOrEqual(lost + DIAL_STAGGER_MS + 1);
    present.clear();
    cut(device(200));
    const before = times('relayed', device(200)).length;
    await clock.advance(60_000);
    expect(times('relayed', device(200))).toHaveLength(before);
  });

  it('asks for no direct path before a session works', async () => {
    const { clock, times } = setUp({ sessions: false });
    await clock.advance(20_000);
    expect(times('direct', device(200))).toEqual([]);
  });

  it('stops: no timer, no dial', async () => {
    const { clock, supervisor, log } = setUp({ peers: [50, 200] });
    await clock.advance(2000);
    supervisor.stop();
    expect(clock.pending()).toBe(0);
    const before = log.length;
    supervisor.nudge();
    await clock.advance(60_000);
    expect(log).toHaveLength(before);
  });
});
