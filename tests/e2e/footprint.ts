import type { CDPSession } from '@playwright/test';
import { filesOnDisk, recordCounts } from './disk.ts';
import { countHandles, heapBytes, watchHandles, type Handles } from './handles.ts';
import type { Person } from './people.ts';

/** What a person's page and profile hold at one moment. */
export interface Footprint {
  readonly handles: Handles;
  readonly heap: number;
  readonly files: number;
  readonly records: Readonly<Record<string, number>>;
}

/** What may be more than before without being a leak. */
export interface Allowed {
  readonly heap: number;
  /** Records by collection. */
  readonly records?: Readonly<Record<string, number>>;
}

export interface Watch {
  measure(): Promise<Footprint>;
}

/** Relative times and a message that fades. */
const NODE_SLACK = 40;
/** Answers under way, timers of requests: they come and go by the second. */
const LISTENER_SLACK = 60;
/** Gossip has a stream in each direction and opens them when it first has something to say. */
const CHANNEL_SLACK = 2;

/** Before the person's first page of the app. */
export async function watchFootprint({ context, page }: Person): Promise<Watch> {
  await context.addInitScript(watchHandles);
  const cdp: CDPSession = await context.newCDPSession(page);
  return {
    measure: async () => ({
      handles: await countHandles(page, cdp),
      heap: await heapBytes(cdp),
      files: (await filesOnDisk(page, '/')).length,
      records: await recordCounts(page),
    }),
  };
}

/** What there is more of than before and than is allowed, in words. */
export function grown(was: Footprint, now: Footprint, allowed: Allowed): readonly string[] {
  const limits = {
    files: [was.files, now.files],
    heap: [was.heap + allowed.heap, now.heap],
    connections: [was.handles.connections, now.handles.connections],
    channels: [was.handles.channels + CHANNEL_SLACK, now.handles.channels],
    workers: [was.handles.workers, now.handles.workers],
    nodes: [was.handles.nodes + NODE_SLACK, now.handles.nodes],
    listeners: [was.handles.listeners + LISTENER_SLACK, now.handles.listeners],
    ...Object.fromEntries(
      Object.entries(now.records).map(([name, count]) => [
        `records: ${name}`,
        [(was.records[name] ?? 0) + (allowed.records?.[name] ?? 0), count],
      ]),
    ),
  } as Readonly<Record<string, readonly [limit: number, count: number]>>;
  return Object.entries(limits)
    .filter(([, [limit, count]]) => count > limit)
    .map(([name, [limit, count]]) => `${name}: ${String(count)}, at most ${String(limit)}`);
}
