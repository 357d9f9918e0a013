import type { Page } from '@playwright/test';
import { withTwoPages } from './browsers.ts';
import { figure, median, RUNS, rate, repeat, TRANSFER_MIB, type Figure } from './figures.ts';

interface RawPage {
  rawPeer: RTCPeerConnection;
  rawChannel: RTCDataChannel;
}

/** One RTCDataChannel between two browsers of their own: 64 KiB writes, bufferedAmount obeyed. */
export interface RawChannel {
  /** Seconds from the first write until the receiver said that it has the last byte. */
  send(mib: number): Promise<number>;
}

/** What the wire of this machine gives. */
export async function benchRawChannel(): Promise<readonly Figure[]> {
  return withRawChannel(async (raw) => {
    const seconds = await repeat(RUNS, () => raw.send(TRANSFER_MIB));
    return [figure('raw RTCDataChannel', rate(TRANSFER_MIB, seconds), 'MiB/s')];
  });
}

export function withRawChannel<T>(work: (raw: RawChannel) => Promise<T>): Promise<T> {
  return withTwoPages('/nowhere', async (sender, receiver) => {
    await connect(sender, receiver);
    return work({ send: (mib) => send(sender, receiver, mib) });
  });
}

/**
 * The runs, each with one of the raw channel right before and after it, so that both saw the same
 * machine. Seconds of the runs, and MiB/s of the wire meanwhile.
 */
export async function besideRaw(
  raw: RawChannel,
  runs: number,
  run: (index: number) => Promise<number>,
): Promise<{ readonly seconds: readonly number[]; readonly raw: number }> {
  const wire = [await raw.send(TRANSFER_MIB)];
  const seconds = await repeat(runs, async (i) => {
    const one = await run(i);
    wire.push(await raw.send(TRANSFER_MIB));
    return one;
  });
  return { seconds, raw: TRANSFER_MIB / median(wire) };
}

async function connect(sender: Page, receiver: Page): Promise<void> {
  const offer = await sender.evaluate(async () => {
    const page = globalThis as unknown as RawPage;
    page.rawPeer = new RTCPeerConnection();
    page.rawChannel = page.rawPeer.createDataChannel('raw');
    page.rawChannel.binaryType = 'arraybuffer';
    await page.rawPeer.setLocalDescription();
    await new Promise<void>((resolve) => {
      page.rawPeer.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate === null) resolve();
      });
    });
    return page.rawPeer.localDescription?.sdp ?? '';
  });
  const answer = await receiver.evaluate(async (sdp) => {
    const page = globalThis as unknown as RawPage;
    page.rawPeer = new RTCPeerConnection();
    page.rawPeer.addEventListener('datachannel', ({ channel }) => {
      page.rawChannel = channel;
      channel.binaryType = 'arraybuffer';
    });
    await page.rawPeer.setRemoteDescription({ type: 'offer', sdp });
    await page.rawPeer.setLocalDescription();
    await new Promise<void>((resolve) => {
      page.rawPeer.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate === null) resolve();
      });
    });
    return page.rawPeer.localDescription?.sdp ?? '';
  }, offer);
  await sender.evaluate(async (sdp) => {
    const page = globalThis as unknown as RawPage;
    await page.rawPeer.setRemoteDescription({ type: 'answer', sdp });
    if (page.rawChannel.readyState !== 'open') {
      await new Promise((resolve) => {
        page.rawChannel.addEventListener('open', resolve, { once: true });
      });
    }
  }, answer);
  await receiver.waitForFunction(() => 'rawChannel' in globalThis);
}

async function send(sender: Page, receiver: Page, mib: number): Promise<number> {
  await receiver.evaluate((bytes) => {
    const { rawChannel } = globalThis as unknown as RawPage;
    let left = bytes;
    rawChannel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      left -= data.byteLength;
      if (left === 0) rawChannel.send('all');
    };
  }, mib * 1_048_576);
  return sender.evaluate(async (bytes) => {
    const { rawChannel } = globalThis as unknown as RawPage;
    const piece = new Uint8Array(65_536);
    const all = new Promise((resolve) => {
      rawChannel.onmessage = resolve;
    });
    rawChannel.bufferedAmountLowThreshold = 1_048_576;
    const started = performance.now();
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (rawChannel.bufferedAmount > 4 * 1_048_576) {
        await new Promise((resolve) => {
          rawChannel.addEventListener('bufferedamountlow', resolve, { once: true });
        });
      }
      rawChannel.send(piece);
    }
    await all;
    return (performance.now() - started) / 1000;
  }, mib * 1_048_576);
}
