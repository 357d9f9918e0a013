import { describe, expect, it } from 'vitest';
import type { FailureView, TransferCounts, TransferView } from '../../../src/app/view.ts';
import { flow } from '../../../src/ui/gallery/fixtures.ts';
import { createTransferNews } from '../../../src/ui/transfer-news.ts';

function row(id: string, phase: 'locking' | 'sending' | 'confirmed' | 'paused'): TransferView {
  const base = { id, fileId: undefined, name: `${id}.jpg`, size: 1, cancellable: true };
  const common = { ...base, control: undefined, fraction: 0.5 };
  switch (phase) {
    case 'locking':
      return { ...common, phase };
    case 'paused':
      return { ...common, phase, during: 'sending' };
    case 'sending':
      return { ...common, phase, confirmed: 0, wanted: 3, secondsLeft: undefined };
    case 'confirmed':
      return { ...base, control: undefined, phase, confirmed: 3 };
  }
}

function failure(count: number, ...ids: string[]): FailureView {
  const some = ids.map((id) => {
    return { id, fileId: undefined, name: `${id}.jpg`, folder: [], size: 1 };
  });
  return { key: 'k', kind: 'store', why: 'disk-full', retry: 'again', count, some };
}

function teller() {
  const newsOf = createTransferNews();
  return (
    counts: Partial<TransferCounts>,
    transfers: readonly TransferView[],
    failures: readonly FailureView[] = [],
  ) => newsOf({ transfers, failures, flow: flow(counts) });
}

const nothing = { calm: [], urgent: [] };

describe('what is said aloud of a few transfers', () => {
  it('is each phase of each file once, and nothing of what was there at first', () => {
    const tell = teller();
    expect(tell({ moving: 1 }, [row('a', 'locking')])).toEqual(nothing);
    expect(tell({ moving: 1 }, [row('a', 'sending')]).calm).toEqual([
      'a.jpg is locked and on its way.',
    ]);
    expect(tell({ moving: 1 }, [row('a', 'sending')])).toEqual(nothing);
    expect(tell({ finished: 1 }, [row('a', 'confirmed')]).calm).toEqual([
      'a.jpg: 3 copies confirmed.',
    ]);
  });

  it('is not that a paused one goes on, which was asked for', () => {
    const tell = teller();
    tell({ paused: 1 }, [row('a', 'paused')]);
    expect(tell({ moving: 1 }, [row('a', 'sending')])).toEqual(nothing);
  });

  it('names a file that failed, as something to act on', () => {
    const tell = teller();
    tell({ moving: 1 }, [row('a', 'locking')]);
    const { urgent } = tell({ failed: 1 }, [], [failure(1, 'a')]);
    expect(urgent).toEqual([expect.stringMatching(/^a\.jpg: This device has no room/)]);
    expect(tell({ failed: 1 }, [], [failure(1, 'a')])).toEqual(nothing);
  });
});

describe('what is said aloud of 20,000 transfers', () => {
  it('is one sentence when nothing moves any more', () => {
    const tell = teller();
    const said: string[] = [];
    for (let done = 0; done <= 20_000; done += 100) {
      const now = [row(String(done), 'sending'), row(String(done - 100), 'confirmed')];
      const { calm, urgent } = tell({ moving: 20_000 - done, finished: done }, now);
      said.push(...calm, ...urgent);
    }
    expect(said).toEqual(['20,000 transfers done']);
  });

  it('is one warning for all that failed for one reason', () => {
    const tell = teller();
    tell({ moving: 9_000 }, []);
    const warned = [1, 300, 900].flatMap(
      (count) => tell({ moving: 9_000 - count, failed: count }, [], [failure(count, 'a')]).urgent,
    );
    expect(warned).toEqual([expect.stringMatching(/^1 file stopped\. This device has no room/)]);
  });
});
