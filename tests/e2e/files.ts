import { execFileSync } from 'node:child_process';
import { deflateRawSync, crc32 } from 'node:zlib';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { someBytes } from './people.ts';

export interface TestFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Real files of the kinds families keep, and the names that break things. */
export async function realFiles(camera: Page): Promise<readonly TestFile[]> {
  const text = Buffer.from('Grüße aus Köln, مرحبا, 你好\n'.repeat(400));
  return [
    {
      name: 'photo.jpg',
      mimeType: 'image/jpeg',
      buffer: await camera.screenshot({ type: 'jpeg' }),
    },
    { name: 'holiday.webm', mimeType: 'video/webm', buffer: await film(camera) },
    { name: 'disk image.iso', mimeType: '', buffer: someBytes(3_300_001) },
    { name: 'letters.zip', mimeType: 'application/zip', buffer: zipOf('letter.txt', text) },
    { name: 'sources.tar.gz', mimeType: 'application/gzip', buffer: tarball() },
    { name: 'notes.txt', mimeType: 'text/plain', buffer: text },
    { name: 'empty.dat', mimeType: '', buffer: Buffer.alloc(0) },
    { name: 'one mebibyte.bin', mimeType: '', buffer: someBytes(1024 * 1024) },
    { name: 'party 🎉👩‍👩‍👧.jpg', mimeType: 'image/jpeg', buffer: someBytes(70_000) },
    { name: 'عيد ميلاد.pdf', mimeType: 'application/pdf', buffer: someBytes(12_345) },
    {
      name: `${'n'.repeat(251)}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from('255 bytes of name'),
    },
    { name: '../../escape.txt', mimeType: 'text/plain', buffer: Buffer.from('stay here') },
  ];
}

/** Half a second of video, recorded by the browser itself. */
async function film(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    for (let frame = 0; frame < 15; frame++) {
      pen?.fillRect(frame * 10, 10, 40, 40);
      await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });
  return Buffer.from(base64, 'base64');
}

function tarball(): Buffer {
  return execFileSync('tar', ['-cz', '-C', join(import.meta.dirname, '../..'), 'src/domain/wire']);
}

/** A zip archive with one deflated file (APPNOTE 6.3.10: local header, data, directory, end). */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const label = Buffer.from(name);
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(content), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(content.length, 18);
  facts.writeUInt16LE(label.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, label, packed]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    facts,
    Buffer.alloc(14),
    label,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
