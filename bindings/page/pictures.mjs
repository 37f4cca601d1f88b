// Draws the pictures of the documentation: node pictures.mjs. dist/lsrc.wasm must be there.

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../docs/pictures');
const { server, url } = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

async function picture(name, { width, height, scheme }, act) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: 1.3 });
  await page.goto(url);
  await page.waitForFunction(() => document.querySelector('#tab-tests .count'));
  await page.locator('#panel-account .track').first().waitFor();
  await act?.(page);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  console.log(`${name}.png: ${Math.round(statSync(path).size / 1024)} KB`);
  await page.close();
}

await picture('playground', { width: 1280, height: 720, scheme: 'light' }, async (page) => {
  // A slip, so that the picture has a finding with its fix.
  await page.locator('#editor .cm-content').focus();
  await page.keyboard.press('Control+Home');
  for (let at = 1; at < 19; at++) await page.keyboard.press('ArrowDown');
  await page.keyboard.type('  if employes > 500 then +10 because "very large"\n', { delay: 5 });
  await page.keyboard.press('Escape');
  await page.locator('#findings .fix').waitFor();
  await page.locator('#editor .cm-lintRange-error').first().waitFor();
});
await browser.close();
server.close();
