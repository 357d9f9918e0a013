import type { Page } from '@playwright/test';
import { withTwoPages } from './browsers.ts';
import { figure, rate, repeat, RUNS, TRANSFER_MIB, type Figure } from './figures.ts';

interface RawPage {
  rawPeer: RTCPeerConnection;
  rawChannel: RTCDataChannel;
}

/** What the wire of this machine gives: one RTCDataChannel, 64 KiB writes, bufferedAmount obeyed. */
export async function benchRawChannel(): Promise<readonly Figure[]> {
  return withTwoPages('/nowhere', async (sender, receiver) => {
    await connect(sender, receiver);
    const seconds = await repeat(RUNS, () => send(sender, receiver, TRANSFER_MIB));
    return [figure('raw RTCDataChannel', rate(TRANSFER_MIB, seconds), 'MiB/s')];
  });
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

/** Seconds from the first write until the receiver said that it has the last byte. */
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
