// Builds dist/: node build.mjs [--check]. With --check nothing is written: it fails where dist/ is not what the sources give.
//
// page.js, page.css, worker.js and index.html are committed, so that nobody needs npm to build the command. lsrc.wasm is not:
// bindings/wasm/build.sh puts it beside them.

import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
/** So much of the page may travel, compressed. */
const MOST = 200 * 1000;

// The words of the language, from the grammar that is made of its keyword table.

function words() {
  const { patterns } = JSON.parse(read('editors/vscode/syntaxes/lsr.tmLanguage.json'));
  const of = (name, like) => {
    const found = patterns.filter((it) => it.name === name && like.test(it.match));
    if (found.length !== 1) throw new Error(`the grammar has ${found.length} patterns ${name}`);
    return /\(\?:([^()]*)\)\\b(?:\(|$)/.exec(found[0].match)[1].split('|');
  };
  return {
    constants: of('constant.language.lsr', /true\|false/), operators: of('keyword.operator.word.lsr', /and\|or/),
    types: of('storage.type.lsr', /integer/).flatMap((it) => it.split(' ')), words: of('keyword.control.lsr', /score/),
  };
}

// The examples, with so many records that a link to a changed one stays short.

const FEW = 24;

const lines = (text, count) => text.split('\n').slice(0, count + 1).join('\n') + '\n';

function folder(path, ending) {
  return readdirSync(join(root, path)).flatMap((name) => {
    const inner = join(path, name);
    if (statSync(join(root, inner)).isDirectory()) return folder(inner, ending);
    return ending.test(name) ? [inner] : [];
  });
}

function project(id, title, { records, pick = (text) => lines(text, FEW), related = {}, events = {}, row = 0 }) {
  const base = join('examples', id);
  const files = Object.fromEntries(folder(base, /\.(lsr|txt)$/).map((path) => [path.slice(base.length + 1), read(path)]));
  // Lists and tables that the rules themselves name are part of them.
  for (const text of Object.values({ ...files })) {
    for (const [, path] of text.matchAll(/from "([^"]+\.csv)"/g)) if (existsSync(join(root, base, path))) files[path] = read(join(base, path));
  }
  const command = /^lsrc run .*--as-of (\S+)/m.exec(read(join(base, 'README.md')));
  const data = pick(read(join(base, records)).replace(/^\uFEFF/, ''));
  const others = (kind, of) => Object.entries(of).map(([name, [path, cut]]) => [name, { kind, name: path, title: `${name} (${path})`, text: cut(read(join(base, path)).replace(/^\uFEFF/, ''), data) }]);
  return {
    id, title, entry: 'score.lsr', files, as_of: command[1], row,
    sets: Object.fromEntries([['records', { kind: 'records', name: records, title: `Records (${records})`, text: data }], ...others('related', related), ...others('events', events)]),
  };
}

/** The rows whose first cell, or another, names one of the records. */
const named = (column) => (text, data) => {
  const [head, ...rows] = text.trimEnd().split('\n');
  const at = head.split(',').indexOf(column);
  const keys = new Set(data.trimEnd().split('\n').slice(1).map((row) => row.split(',')[0]));
  return [head, ...rows.filter((row) => keys.has(row.split(',')[at]))].slice(0, 400).join('\n') + '\n';
};

function first() {
  const rules = /```lsr complete\n([\s\S]*?)\n```/.exec(read('README.md'))[1] + '\n';
  return {
    id: 'start', title: 'A first set of rules', entry: 'score.lsr', files: { 'score.lsr': rules }, as_of: '2026-03-02', row: 0,
    sets: { records: { kind: 'records', name: 'contacts.json', title: 'Records', text: read('bindings/page/src/start.json') } },
  };
}

function examples() {
  const whole = (text) => text;
  return [
    first(),
    project('b2b-saas', 'B2B software: fit and engagement', { records: 'contacts.csv' }),
    project('first-guide', 'First guide: points by form, in French', { records: 'contacts.csv' }),
    project('b2c', 'Consumers: a request form', { records: 'requests.csv' }),
    project('marketing-suite', 'Points by type of activity', { records: 'leads.jsonl', pick: (text) => lines(text, FEW - 1) }),
    project('product-led', 'Product-led: events in the product', { records: 'accounts.csv', events: { action: ['actions.csv', named('account_id')] } }),
    project('account-based', 'Account-based: the company decides', { records: 'contacts.csv', related: { company: ['companies.csv', whole] } }),
    project('no-points-stage', 'Stages without points', { records: 'contacts.jsonl', pick: (text) => lines(text, 15) }),
  ];
}

const inlined = {
  name: 'inlined',
  setup(esbuild) {
    const values = { words: () => Object.entries(words()).map(([name, list]) => `export const ${name} = ${JSON.stringify(list)};`).join('\n'), examples: () => `export const examples = ${JSON.stringify(examples())};` };
    esbuild.onResolve({ filter: /^(words|examples)$/ }, ({ path }) => ({ path, namespace: 'inlined' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'inlined' }, ({ path }) => ({ contents: values[path](), loader: 'js' }));
  },
};

const { outputFiles } = await build({
  absWorkingDir: here, entryPoints: ['src/main.js', 'src/worker.js', 'src/page.css'], outdir: 'dist', entryNames: '[name]', bundle: true, write: false,
  format: 'esm', minify: true, target: ['es2022', 'chrome109', 'firefox115', 'safari16.4'], plugins: [inlined], legalComments: 'none', charset: 'utf8',
});
const files = Object.fromEntries(outputFiles.map(({ path, text }) => [path.split('/').at(-1).replace(/^main\.js$/, 'page.js'), text]));
files['index.html'] = readFileSync(join(here, 'src/index.html'), 'utf8');

let sum = 0;
for (const [name, text] of Object.entries(files)) {
  const size = gzipSync(text, { level: 9 }).length;
  sum += size;
  console.log(`${name.padEnd(12)} ${String(Buffer.byteLength(text)).padStart(8)} bytes ${String(size).padStart(8)} compressed`);
}
console.log(`${'in all'.padEnd(12)} ${String(sum).padStart(23)} compressed, at most ${MOST}`);
if (sum > MOST) {
  console.error('the page is too large');
  process.exit(1);
}
const dist = join(here, 'dist');
if (process.argv.includes('--check')) {
  const stale = Object.entries(files).filter(([name, text]) => !existsSync(join(dist, name)) || readFileSync(join(dist, name), 'utf8') !== text).map(([name]) => name);
  if (stale.length) {
    console.error(`not fresh: ${stale.join(', ')}. Run node build.mjs in bindings/page.`);
    process.exit(1);
  }
} else {
  mkdirSync(dist, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dist, name), text);
}
