// Draws public/favicon.svg and the PNG icons of the manifest. Run by hand after changing the drawing:
// node scripts/draw-icons.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { findChromium } from './find-chromium.mjs';

const PUBLIC = join(import.meta.dirname, '..', 'public');
const PLUM = '#75305f';
const CREAM = '#fffaf6';
const HONEY = '#f0b04a';

/** A circle of people; the honey one, a little outside, makes it a Q. Centred on 0 0, radius 20. */
const PEOPLE = `
  <circle r="14" fill="none" stroke="${CREAM}" stroke-width="2.6" opacity=".55"/>
  <circle cy="-14" r="5.6" fill="${CREAM}"/>
  <circle cx="-13.3" cy="-4.3" r="4.7" fill="${CREAM}"/>
  <circle cx="13.3" cy="-4.3" r="4.7" fill="${CREAM}"/>
  <circle cx="-8.2" cy="11.3" r="5.2" fill="${CREAM}"/>
  <circle cx="11" cy="12" r="6.8" fill="${HONEY}"/>`;

/**
 * @param {{ corner: number, scale: number }} shape corner radius and drawing size on a 48 square
 * @returns {string}
 */
function icon({ corner, scale }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="${corner}" fill="${PLUM}"/><g transform="translate(24 24.5) scale(${scale})">${PEOPLE}</g></svg>\n`;
}

// A maskable icon keeps everything inside the middle circle of 80 %; Apple rounds by itself.
const ROUNDED = icon({ corner: 11, scale: 1 });
const PNGS = [
  { name: 'icon-192.png', size: 192, svg: ROUNDED },
  { name: 'icon-512.png', size: 512, svg: ROUNDED },
  { name: 'maskable-512.png', size: 512, svg: icon({ corner: 0, scale: 0.82 }) },
  { name: 'apple-touch-180.png', size: 180, svg: icon({ corner: 0, scale: 0.95 }) },
];

writeFileSync(join(PUBLIC, 'favicon.svg'), ROUNDED);

const executablePath = findChromium();
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const { name, size, svg } of PNGS) {
  await page.setViewportSize({ width: size, height: size });
  const address = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await page.setContent(
    `<style>body{margin:0}img{display:block}</style><img src="${address}" width="${size}" height="${size}">`,
  );
  await page.locator('img').screenshot({
    path: join(PUBLIC, 'icons', name),
    omitBackground: true,
  });
}
await browser.close();
