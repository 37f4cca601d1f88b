// The engine in Node, beside the command: node --test bindings/wasm/test/ (LSRC is the path of the command).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LsrcError, load } from '../index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const bytes = readFileSync(join(root, 'bindings/wasm/lsrc.wasm'));
const engine = await load(bytes);
const command = process.env.LSRC ?? join(root, 'target/debug/lsrc');
const skip = existsSync(command) ? false : `there is no command at ${relative(root, command)}: set LSRC`;

function texts(folder, base = folder) {
  return Object.fromEntries(readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return Object.entries(texts(path, base));
    return /\.(lsr|txt|csv)$/.test(name) ? [[relative(base, path), readFileSync(path, 'utf8')]] : [];
  }));
}

/** An example, with what its README runs. */
function example(name) {
  const folder = join(root, 'examples', name);
  const run = /^lsrc run (\S+) (\S+)(.*)$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'));
  const [, entry, data, rest] = run;
  const flag = (flag) => Object.fromEntries([...rest.matchAll(new RegExp(`--${flag} (\\w+)=(\\S+)`, 'g'))].map(([, name, path]) => [name, path]));
  return { folder, entry, data, as_of: /--as-of (\S+)/.exec(rest)[1], events: flag('events'), related: flag('related') };
}

const rulesOf = (files) => Object.fromEntries(Object.entries(files).filter(([path, text]) => /\.(lsr|txt)$/.test(path) || text.length < 5000));
const first = { 'a.lsr': 'lsr 1\nschema c { key id: integer  visits: integer }\nparam worth = 2\nscore s { per visits then +worth max 9 because "visits" }\n' };

test('imports nothing', async () => {
  assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(bytes)), []);
});

for (const name of readdirSync(join(root, 'examples')).filter((it) => statSync(join(root, 'examples', it)).isDirectory())) {
  test(`${name}: the records have the command's results`, { skip }, () => {
    const it = example(name);
    const files = rulesOf(texts(it.folder));
    const content = (path) => ({ name: path, text: readFileSync(join(it.folder, path), 'utf8') });
    const contents = (of) => Object.fromEntries(Object.entries(of).map(([key, path]) => [key, content(path)]));
    const answer = engine.score({ files, entry: it.entry, as_of: it.as_of, data: content(it.data), events: contents(it.events), related: contents(it.related) });
    const out = join(mkdtempSync(join(tmpdir(), 'lsrc-')), 'scores.jsonl');
    const flags = Object.entries(it.events).map(([key, path]) => ['--events', `${key}=${path}`]).concat(Object.entries(it.related).map(([key, path]) => ['--related', `${key}=${path}`]));
    execFileSync(command, ['run', it.entry, it.data, '--as-of', it.as_of, '-q', '-o', out, ...flags.flat()], { cwd: it.folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const expected = readFileSync(out, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.ok(expected.length > 5);
    assert.deepEqual(answer.records, expected);
    assert.ok(answer.hits.some((hit) => hit.hits > 0));

    const row = 2;
    const key = String(expected[row - 1][answer.key]);
    const why = JSON.parse(execFileSync(command, ['why', it.entry, it.data, key, '--as-of', it.as_of, '--format', 'json', ...flags.flat()], { cwd: it.folder }).toString());
    const explained = engine.explain({ files, entry: it.entry, as_of: it.as_of, data: content(it.data), events: contents(it.events), related: contents(it.related), row });
    assert.deepEqual(explained.account, why);
  });

  test(`${name}: checks and tests like the command`, { skip }, () => {
    const folder = join(root, 'examples', name);
    const files = rulesOf(texts(folder));
    const { diagnostics, scores } = JSON.parse(execFileSync(command, ['check', '.', '--format', 'json', '-v', '--fail-level', 'never'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).toString());
    assert.equal(engine.check({ files }).findings.length, diagnostics.length);
    const ranges = engine.ranges({ files, entry: 'score.lsr' }).scores;
    for (const range of scores ?? []) assert.deepEqual(ranges.find((it) => it.name === range.name), range);
    const tests = engine.test({ files });
    assert.equal(tests.failed, 0);
    assert.ok(tests.passed > 0);
    for (const [path, text] of Object.entries(files)) if (path.endsWith('.lsr')) assert.deepEqual(engine.format(text), { text, changed: false, complete: true });
  });
}

test('finds what is wrong, with a fix', () => {
  const files = { 'a.lsr': 'lsr 1\n# é 𝄞\nschema c { visits: integer }\nscore s { if vists > 3 then +1 }\n' };
  const [finding] = engine.check({ files }).findings;
  assert.equal(finding.name, 'unknown-name');
  assert.equal(files['a.lsr'].slice(finding.from, finding.to), 'vists');
  const { from, to, text } = finding.fixes[0].edits[0];
  const fixed = files['a.lsr'].slice(0, from) + text + files['a.lsr'].slice(to);
  assert.deepEqual(engine.check({ files: { 'a.lsr': fixed } }).findings, []);
  const [action] = engine.actions({ files, at: finding.from });
  assert.equal(action.title, 'replace with `visits`');
});

test('makes safe fixes', () => {
  const files = { 'a.lsr': 'schema c { visits: integer }\nscore s { if visits > 3 then +1 }\n' };
  const { fixes, files: changed } = engine.fix({ files });
  assert.equal(fixes, 1);
  assert.match(changed['a.lsr'], /^lsr 1\n/);
});

test('params can be set', () => {
  const data = { text: 'id,visits\n1,3\n' };
  const request = { files: first, data, as_of: '2026-01-15' };
  assert.deepEqual(engine.score(request).records, [{ id: 1, s: 6, excluded: null }]);
  assert.deepEqual(engine.score({ ...request, set: { worth: '3' } }).records, [{ id: 1, s: 9, excluded: null }]);
  assert.deepEqual(engine.model({ files: first }).params.map(({ name, kind, value }) => [name, kind, value]), [['worth', 'number', 2]]);
  assert.deepEqual(engine.ranges({ files: first }).scores, [{ name: 's', min: 0, max: 9, exact: true }]);
});

test('hovers, completes and hints', () => {
  const text = first['a.lsr'];
  assert.match(engine.hover({ files: first, at: text.indexOf('visits then') }).text, /property `visits`: integer/);
  assert.equal(engine.hover({ files: first, at: text.length }), null);
  const { from, proposals } = engine.complete({ files: first, at: text.indexOf('visits then') + 2 });
  assert.equal(from, text.indexOf('visits then'));
  assert.ok(proposals.some((it) => it.label === 'visits' && it.kind === 'property'));
  assert.ok(engine.hints({ files: first }).some((it) => it.kind === 'range' && it.text === '0 to 9'));
  assert.ok(engine.words().some((it) => it.word === 'lifecycle' && it.meaning));
});

test('a failing test says what there is instead', () => {
  const files = { ...first, 't.lsr': 'lsr 1\nuse "a.lsr"\ntest "three" { given visits = 3  expect s = 7 }\n' };
  const { failed, tests } = engine.test({ files });
  assert.equal(failed, 1);
  assert.equal(tests[0].failures[0].expected, 's = 7');
  assert.match(tests[0].failures[0].got.join('\n'), /s is 6/);
});

for (const [what, question, request, message, help] of [
  ['an unknown question', 'chck', {}, /not a question/, /check/],
  ['an unknown field', 'check', { fils: {} }, /unknown field `fils`/, /JSON object/],
  ['no rules', 'score', {}, /no rule file/, /score\.lsr/],
  ['rules with errors', 'score', { files: { 'a.lsr': 'lsr 1\nscore s { if x then +1 }' }, data: { text: '' } }, /a\.lsr:2:14/, /./],
  ['a column that is missing', 'score', { files: first, data: { text: 'id,visit\n1,2\n' }, as_of: '2026-01-15' }, /`visits` \(the nearest column is `visit`\)/, /allow_missing/],
  ['a row that is not there', 'explain', { files: first, data: { text: '[{"id":1,"visits":2}]' }, as_of: '2026-01-15', row: 9 }, /no row 9/, /from 1/],
  ['a date that does not exist', 'score', { files: first, data: { text: '[]' }, as_of: '2026-02-30' }, /as of/, null],
  ['no moment', 'score', { files: first, data: { text: '[]' } }, /as_of/, /2026-01-15/],
  ['broken JSON', 'score', { files: first, data: { text: '[{"id": 1' }, as_of: '2026-01-15' }, /./, null],
  ['an unknown param', 'score', { files: first, set: { wroth: '2' }, data: { text: '[]' }, as_of: '2026-01-15' }, /wroth/, null],
]) {
  test(`says what is wrong: ${what}`, () => {
    assert.throws(() => engine.ask(question, request), (error) => {
      assert.ok(error instanceof LsrcError, String(error));
      assert.match(error.message, message);
      if (help) assert.match(error.help ?? '', help);
      return true;
    });
  });
}

test('texts of any kind leave the engine well', () => {
  const pieces = ['lsr 1\n', 'score s {', '}', '"', '((((', '\u0000', '\ud800', 'é𝄞', 'if ', '+1 ', '..', '# ', 'schema c { a: integer }', '[', 'x'.repeat(3000)];
  let seed = 7;
  const next = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 150; round++) {
    const text = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('');
    const files = { 'a.lsr': text };
    engine.check({ files });
    engine.format(text);
    engine.hover({ files, at: next(text.length + 2) });
    engine.complete({ files, at: next(text.length + 2) });
  }
  assert.equal(engine.check({ files: first }).findings.length, 0);
});
