// Bundles the browser entry and puts the engine beside it: node build.mjs. esbuild is that of bindings/page, lsrc.wasm of bindings/wasm.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(here, '../../bindings/page/package.json'))('esbuild');
const wasm = join(here, '../../bindings/wasm/lsrc.wasm');
if (!existsSync(wasm)) {
  console.error('the engine is missing: run bindings/wasm/build.sh');
  process.exit(1);
}
mkdirSync(join(here, 'dist'), { recursive: true });
// The engine's script finds its module by its own address, which a bundle does not have; here the bytes are given.
await build({
  absWorkingDir: here, entryPoints: ['browser.js'], outfile: 'dist/browser.js', bundle: true, format: 'cjs', platform: 'browser', external: ['vscode'],
  define: { 'import.meta.url': '"https://lsrc.example/"' }, minify: true, target: 'es2022',
});
copyFileSync(wasm, join(here, 'dist/lsrc.wasm'));
