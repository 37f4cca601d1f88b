// The page in Chromium: node test.mjs [--pictures]. dist/lsrc.wasm must be there. --pictures writes those of the documentation too.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const shots = join(here, 'shots');
mkdirSync(shots, { recursive: true });
const asked = [];
const { server, url } = await serve({ seen: (path) => asked.push(path) });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const wrong = [];
let count = 0;

async function open({ width = 1280, height = 800, scheme = 'light', at = url, ...more } = {}) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, permissions: ['clipboard-read', 'clipboard-write'], ...more });
  page.setDefaultTimeout(20000);
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) wrong.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('request', (request) => { if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) wrong.push(`asks for ${request.url()}`); });
  await page.goto(at);
  await page.waitForSelector('#panel-account .score');
  return page;
}

async function check(name, run, options) {
  count++;
  const page = await open(options);
  try {
    await run(page);
    if (wrong.length) throw new Error(wrong.splice(0).join('\n'));
    console.log(`ok    ${name}`);
  } catch (error) {
    await page.screenshot({ path: join(shots, `wrong-${count}.png`) });
    console.log(`WRONG ${name}\n      ${error.message.replaceAll('\n', '\n      ')}`);
    process.exitCode = 1;
  }
  await page.close();
}

/** The text of the editor, as the engine is given it. */
const text = (page) => page.evaluate(() => [...document.querySelector('#editor').shadowRoot.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));
const score = (page) => page.locator('#panel-account .score[data-score=lead] > header b').evaluate((it) => it.firstChild.textContent);
const until = async (page, what, expected) => {
  let got;
  for (let tries = 0; tries < 80; tries++) {
    got = await what();
    if (got === expected) return;
    await page.waitForTimeout(100);
  }
  assert.equal(got, expected);
};
const cursor = async (page, line, column) => {
  await page.locator('#editor .cm-content').focus();
  await page.keyboard.press('Control+Home');
  for (let at = 1; at < line; at++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await page.keyboard.press('Home');
  for (let at = 1; at < column; at++) await page.keyboard.press('ArrowRight');
};
const line = async (page, start) => (await text(page)).split('\n').findIndex((it) => it.trimStart().startsWith(start)) + 1;

await check('a rule is typed, found wrong, fixed, and the score changes', async (page) => {
  assert.equal(await score(page), '105');
  await cursor(page, await line(page, 'if job_title'), 1);
  await page.keyboard.press('Home');
  await page.keyboard.type('if employes > 500 then +7 because "very large"\n', { delay: 5 });
  await page.keyboard.press('Escape');
  await page.getByText('there is nothing called `employes`').first().waitFor();
  assert.match(await page.textContent('#status'), /1 error/);
  await page.locator('#editor .cm-lintRange-error').first().waitFor();
  await page.locator('#findings .fix', { hasText: 'replace with `employees`' }).click();
  await until(page, () => score(page), '112');
  assert.match(await page.textContent('#panel-account'), /very large/);
  assert.match(await page.textContent('#status'), /No problems found/);
});

await check('a fix is applied in the editor, by keyboard alone', async (page) => {
  await cursor(page, await line(page, 'if job_title'), 1);
  await page.keyboard.type('if employes > 500 then +7 because "very large"\n', { delay: 5 });
  await page.keyboard.press('Escape');
  await page.locator('#editor .cm-lintRange-error').first().waitFor();
  await page.locator('#findings button', { hasText: 'there is nothing called' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Shift+M');
  await page.locator('#editor .cm-panel-lint').waitFor();
  await page.locator('#findings .fix').focus();
  await page.keyboard.press('Enter');
  await until(page, () => score(page), '112');
});

await check('names are completed, and hovers say what they are', async (page) => {
  await cursor(page, await line(page, 'if job_title'), 1);
  await page.keyboard.type('if empl', { delay: 20 });
  await page.locator('#editor .cm-tooltip-autocomplete li', { hasText: 'employees' }).waitFor();
  await page.waitForTimeout(120);
  await page.keyboard.press('Enter');
  await until(page, async () => (await text(page)).includes('if employees'), true);
  await page.keyboard.type(' > 500 then +1 because "x"\n', { delay: 5 });
  await page.keyboard.press('Escape');
  await until(page, () => score(page), '106');
  await page.locator('#editor .cm-line', { hasText: 'hold when' }).locator('span', { hasText: 'hold' }).first().hover();
  await page.locator('#editor .cm-tooltip .markdown').waitFor();
});

await check('a record is changed by its fields, and another one is explained', async (page) => {
  await page.click('#tab-record');
  await page.getByLabel('employees', { exact: true }).fill('5');
  await until(page, () => score(page), '80');
  await page.click('#tab-data');
  assert.match(await page.inputValue('#data'), /"employees":5/);
  await page.click('#tab-table');
  await page.locator('#panel-table button.key', { hasText: '4' }).focus();
  await page.keyboard.press('Enter');
  await until(page, () => score(page), '80');
  assert.match(await page.textContent('#panel-account h3'), /Record 4/);
});

await check('what-if moves people, and goes back', async (page) => {
  await page.selectOption('#example', 'b2b-saas');
  await page.getByText('Inès Bonnet').waitFor();
  await page.click('#tab-params');
  await page.locator('#param-mql_at').focus();
  for (let at = 0; at < 20; at++) await page.keyboard.press('ArrowLeft');
  await page.locator('#panel-params table').waitFor();
  assert.match(await page.textContent('#panel-params'), /Changed: .*lifecycle_stage of \d+ records?/);
  await page.getByText('Back to the values of the file').click();
  await page.getByText('Move a slider to see who changes.').waitFor();
}, {});

await check('ranges and tests', async (page) => {
  await page.click('#tab-ranges');
  await page.locator('#panel-ranges .range').waitFor();
  assert.match(await page.textContent('#panel-ranges'), /−10.*165/s);
  await page.click('#tab-tests');
  await page.getByText('1 test passed').waitFor();
  await cursor(page, await line(page, 'expect lead'), 1);
  await page.keyboard.press('End');
  await page.keyboard.type(', lead = 1', { delay: 5 });
  await page.keyboard.press('Escape');
  await page.getByText('1 of 1 tests failed').waitFor();
  assert.match(await page.textContent('#panel-tests'), /lead is 85/);
});

await check('a link brings the same state, and its fragment alone has it', async (page) => {
  await cursor(page, await line(page, 'if job_title'), 1);
  await page.keyboard.type('if employees > 500 then +7 because "very large"\n', { delay: 5 });
  await page.keyboard.press('Escape');
  await until(page, () => score(page), '112');
  await page.click('#share');
  await page.getByText('Copied').waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(address.startsWith(`${url}#`) && address.length < 1500, `${address.length} characters`);
  const other = await open({ at: address });
  await until(other, () => score(other), '112');
  await other.close();
});

await check('a broken link shows an example and says so', async (page) => {
  await page.getByText('The link is not complete').waitFor();
  assert.equal(await score(page), '105');
}, { at: `${url}#bm8` });

await check('a state that is too much for a link says so', async (page) => {
  const random = (seed) => Array.from({ length: 1500 }, (_, at) => ({ id: at, email: `${(seed = (seed * 48271) % 2147483647).toString(36)}@${(seed = (seed * 48271) % 2147483647).toString(36)}.example`, job_title: (seed * 7).toString(36) }));
  await page.click('#tab-data');
  await page.fill('#data', JSON.stringify(random(7)));
  await page.click('#tab-table');
  await page.getByText('Only the first 500 records are shown').waitFor();
  await page.click('#share');
  await page.getByText('Too much for a link').waitFor();
});

await check('data that do not fit are told', async (page) => {
  await page.click('#tab-data');
  await page.fill('#data', 'id;email\n1;a@b.example\n');
  await page.click('#tab-table');
  await page.locator('#panel-table .error').waitFor();
  assert.match(await page.textContent('#panel-table .error'), /the data lack `job_title`/);
  await page.click('#tab-data');
  await page.fill('#data', '[{"id": 1, ');
  await page.click('#tab-table');
  await page.locator('#panel-table .error').waitFor();
});

await check('text of rules and data is never read as HTML', async (page) => {
  await page.click('#tab-data');
  await page.fill('#data', JSON.stringify([{ id: 1, name: '<img src=x onerror=alert(1)>', email: '<b>x</b>', job_title: 'vp <script>alert(1)</script>', form: [] }]));
  await page.click('#tab-table');
  await page.getByText('<img src=x').waitFor();
  assert.equal(await page.locator('main img, main b b, main script').count(), 0);
});

await check('every example is right: no findings, scores, tests that pass', async (page) => {
  for (const id of await page.locator('#example option').evaluateAll((all) => all.map((it) => it.value))) {
    await page.selectOption('#example', id);
    await page.locator('#panel-table tbody tr').nth(4).waitFor();
    await until(page, () => page.textContent('#status'), 'No problems found');
    await page.waitForFunction(() => document.querySelector('#tab-tests .count'));
    assert.equal(await page.locator('#tab-tests .count.bad').count(), 0, id);
    assert.ok((await page.locator('#editor .cm-counts .cm-gutterElement').count()) > 2, id);
    assert.equal(await page.locator('#broken').isVisible(), false, id);
  }
});

await check('the keyboard reaches everything and leaves the editor', async (page) => {
  const seen = new Set();
  await page.locator('.skip').first().focus();
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press('Tab');
    seen.add(await page.evaluate(() => {
      const now = document.activeElement;
      return now?.shadowRoot?.activeElement ? 'editor' : now?.id || now?.className || now?.tagName;
    }));
  }
  for (const id of ['example', 'share', 'theme', 'format', 'editor', 'tab-table', 'as-of', 'key', 'tab-account', 'panel-account']) assert.ok(seen.has(id), `${id} is not reached: ${[...seen].join(', ')}`);
  await page.locator('#tab-account').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getAttribute('#tab-ranges', 'aria-selected'), 'true');
});

await check('names for all controls, and contrast of 4.5 in light and dark', async (page) => {
  for (const _ of [1, 2]) {
    const faults = await page.evaluate(() => {
      const all = [...document.querySelectorAll('button, input, select, textarea, [role=tab]')].filter((it) => it.checkVisibility());
      const unnamed = all.filter((it) => !(it.textContent.trim() || it.getAttribute('aria-label') || it.labels?.length)).map((it) => it.outerHTML.slice(0, 80));
      const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
      const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
      const ground = (it) => { for (; it; it = it.parentElement ?? it.getRootNode().host) { const [r, g, b, a = 1] = rgb(getComputedStyle(it).backgroundColor); if (a > 0.5) return [r, g, b]; } return [255, 255, 255]; };
      const texts = [...document.querySelectorAll('body *'), ...document.querySelector('#editor').shadowRoot.querySelectorAll('.cm-line span, .cm-gutterElement')];
      const dim = texts.filter((it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && it.checkVisibility() && !it.disabled && !it.closest('[disabled], .skip, option')).map((it) => {
        const [a, b] = [light(rgb(getComputedStyle(it).color)), light(ground(it))];
        return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), it.textContent.trim().slice(0, 30)];
      }).filter(([contrast]) => contrast < 4.5).map(([contrast, what]) => `${contrast.toFixed(2)}: ${what}`);
      return [...unnamed, ...new Set(dim)];
    });
    assert.deepEqual(faults, []);
    await page.click('#theme');
  }
});

for (const [name, width, height, scheme, example] of [['light', 1280, 800, 'light', 'start'], ['dark', 1280, 800, 'dark', 'b2b-saas'], ['phone', 390, 844, 'light', 'start'], ['phone-dark', 390, 844, 'dark', 'b2b-saas']]) {
  await check(`${name}: nothing is wider than the screen`, async (page) => {
    await page.selectOption('#example', example);
    await page.locator('#panel-table tbody tr').nth(4).waitFor();
    await page.waitForFunction(() => document.querySelector('#tab-tests .count'));
    await page.locator('#panel-account .track').first().waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it scrolls sideways');
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: width < 500 });
  }, { width, height, scheme });
}

await check('typing is never waited for', async (page) => {
  await page.selectOption('#example', 'b2b-saas');
  await page.waitForFunction(() => document.querySelector('#tab-tests .count'));
  await cursor(page, await line(page, 'exclude if hard'), 1);
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const tick = () => { const now = performance.now(); window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  });
  await page.keyboard.type('# a comment that is written at some speed, while the engine looks at each state of it\n', { delay: 25 });
  const longest = await page.evaluate(() => window.longest);
  console.log(`      longest pause of the page while 86 characters were typed: ${longest.toFixed(0)} ms`);
});

assert.deepEqual([...new Set(asked)].filter((path) => !['/', '/page.js', '/page.css', '/worker.js', '/lsrc.wasm'].includes(path)), []);
await browser.close();
server.close();
console.log(process.exitCode ? 'The page is not as it should be; pictures are in bindings/page/shots' : `${count} checks of the page passed`);
