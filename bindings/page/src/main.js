// The playground: wires the editor, the records and the results to the engine.

import { examples } from 'examples';
import { account } from './account.js';
import { h, plural } from './dom.js';
import { Editor } from './editor.js';
import { Engine } from './engine.js';
import { pack, unpack } from './link.js';
import * as panels from './panels.js';
import { changed, copied, parse, without } from './records.js';

const $ = (id) => document.getElementById(id);
const engine = new Engine();

/** What the page is about; all else follows from it. */
const state = { example: examples[0], files: {}, sets: {}, set: {}, asOf: '', row: 0, file: '', all: false };
/** The last answers. */
const found = { check: null, model: null, score: null, base: null, account: null, ranges: null, tests: null };
let generation = 0;
let timer;

const editor = new Editor($('editor'), {
  ask: (question, more) => engine.ask(question, { files: state.files, entry: state.example.entry, ...more }),
  onchange: (path, text) => {
    if (state.files[path] === text) return;
    state.files[path] = text;
    soon();
  },
  onfix: fix,
  onformat: format,
});

// The state of the page

function start(example, saved = {}) {
  state.example = example;
  state.files = { ...example.files, ...saved.f };
  state.sets = Object.fromEntries(Object.entries(example.sets).map(([name, it]) => [name, { ...it, text: saved.d?.[name] ?? it.text }]));
  state.set = saved.s ?? {};
  state.asOf = saved.a ?? example.as_of;
  state.row = saved.r ?? example.row ?? 0;
  state.file = example.entry;
  Object.keys(found).forEach((key) => { found[key] = null; });
  editor.forget();
  $('example').value = example.id;
  $('as-of').value = state.asOf;
  $('data-set').replaceChildren(...Object.entries(state.sets).map(([name, it]) => h('option', { value: name }, it.title)));
  $('data-set').closest('label').hidden = Object.keys(state.sets).length < 2;
  showData();
  showFile(state.file);
  for (const panel of ['account', 'ranges', 'params', 'tests', 'table', 'record']) $(`panel-${panel}`).replaceChildren();
  whatIf = null;
  badge('tab-tests', 0);
  badge('tab-params', 0);
  void refresh();
}

/** What differs from the example, as short as can be. */
function saved() {
  const { example } = state;
  const differing = (now, before) => {
    const entries = Object.entries(now).filter(([name, text]) => before[name] !== text);
    return entries.length ? Object.fromEntries(entries) : undefined;
  };
  const texts = (sets) => Object.fromEntries(Object.entries(sets).map(([name, it]) => [name, it.text]));
  return {
    v: 1, e: example.id, f: differing(state.files, example.files), d: differing(texts(state.sets), texts(example.sets)),
    s: Object.keys(state.set).length ? state.set : undefined, a: state.asOf === example.as_of ? undefined : state.asOf,
    r: state.row === (example.row ?? 0) ? undefined : state.row,
  };
}

/** Longer addresses are cut off by some programs that people send them with. */
const LONGEST = 32000;

/** The address of the present state; `null` where that is too much for one. */
async function link() {
  const fragment = await pack(saved());
  const fits = fragment.length <= LONGEST;
  history.replaceState(null, '', fits ? `#${fragment}` : location.pathname);
  return fits ? location.href : null;
}

/** A fault that is not one of rules or data; an empty text takes it back. */
function fault(text) {
  $('broken').textContent = text;
  $('broken').hidden = !text;
}

/** A state from a link, of which nothing is taken that has another form. */
function checked(saved) {
  const texts = (it) => (it && typeof it === 'object' ? Object.fromEntries(Object.entries(it).filter(([, text]) => typeof text === 'string')) : undefined);
  return {
    f: texts(saved.f), d: texts(saved.d), s: texts(saved.s), a: typeof saved.a === 'string' ? saved.a : undefined,
    r: Number.isSafeInteger(saved.r) && saved.r >= 0 ? saved.r : undefined,
  };
}

// From a change to its results

/** A pause in typing is waited for, so that a link and results are made once. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 140);
}

async function refresh() {
  const own = ++generation;
  const is = () => own === generation;
  const rules = { files: { ...state.files }, entry: state.example.entry };
  void link();
  try {
    const check = await engine.ask('check', { files: rules.files });
    if (!is()) return;
    found.check = check;
    if ($('broken').dataset.of !== 'link') fault('');
    showFindings();
    const broken = check.findings.some((it) => it.severity === 'error');
    if (!broken || !found.model) found.model = await engine.ask('model', rules).catch(() => null);
    if (!is()) return;
    await people(rules, is);
    await new Promise((resolve) => { setTimeout(resolve, 250); });
    if (!is()) return;
    found.tests = await engine.ask('test', { files: rules.files });
    if (!is()) return;
    showTests();
    found.ranges = await engine.ask('ranges', { ...rules, set: state.set }).catch(() => null);
    if (!is()) return;
    showRanges();
    showAccount();
  } catch (error) {
    fault([error.message, error.help].filter(Boolean).join(' '));
  }
}

function request(rules) {
  const { records, ...others } = state.sets;
  // Without an ending, so that what was pasted is known by what it is.
  const content = ({ text, name }) => ({ text, name: name.replace(/\.\w+$/, '') });
  const of = (kind) => Object.fromEntries(Object.entries(others).filter(([, it]) => it.kind === kind).map(([name, it]) => [name, content(it)]));
  const missing = parse(records.text).json ? ['all'] : [];
  return {
    ...rules, set: state.set, as_of: state.asOf || new Date().toISOString().slice(0, 10), data: content(records), events: of('events'),
    related: of('related'), allow_missing: missing, limit: 500,
  };
}

/** The scores of all records, and the account of one. */
async function people(rules, is) {
  let failure = null;
  const asked = request(rules);
  const changes = Object.keys(state.set).length > 0;
  const [score, base] = await Promise.all([
    engine.ask('score', asked).catch((error) => { failure = error; return null; }),
    changes ? engine.ask('score', { ...asked, set: {} }).catch(() => null) : null,
  ]);
  if (!is()) return;
  found.score = score ?? found.score;
  found.base = base;
  if (score) state.row = Math.max(0, Math.min(state.row, score.records.length - 1));
  found.account = score?.records.length ? await engine.ask('explain', { ...asked, row: state.row + 1 }).catch(() => null) : score ? null : found.account;
  if (!is()) return;
  showTable(failure);
  showRecord();
  showAccount();
  showParams(failure);
  // With errors the counts of before move with their lines.
  if (score) showNotes();
}

async function onlyPeople() {
  const own = ++generation;
  void link();
  const rules = { files: { ...state.files }, entry: state.example.entry };
  await people(rules, () => own === generation);
  const left = await engine.ask('ranges', { ...rules, set: state.set }).catch(() => null);
  if (own === generation) { found.ranges = left; showRanges(); showAccount(); }
}

// Rules

function showFile(path) {
  state.file = path;
  editor.open(path, state.files[path]);
  showFiles();
  if (found.check) editor.findings(state.files[path], found.check.findings.filter((it) => it.file === path));
  showNotes();
}

function showFiles() {
  const tabs = Object.keys(state.files).sort((a, b) => order(a) - order(b) || a.localeCompare(b)).map((path) => {
    const own = (found.check?.findings ?? []).filter((it) => it.file === path);
    const bad = own.some((it) => it.severity === 'error');
    const count = own.length ? h('span', { class: `count ${bad ? 'bad' : 'warn'}`, 'aria-label': plural(own.length, 'finding') }, String(own.length)) : null;
    const now = path === state.file;
    return h('button', { type: 'button', role: 'tab', 'aria-selected': String(now), 'aria-controls': 'editor', tabindex: now ? '0' : '-1', 'data-file': path, onclick: () => showFile(path) }, path, count);
  });
  const focused = $('files').contains(document.activeElement);
  $('files').replaceChildren(...tabs);
  if (focused) $('files').querySelector('[aria-selected=true]').focus();
}

const order = (path) => (path === state.example.entry ? 0 : path.endsWith('.lsr') && !/test/.test(path) ? 1 : path.endsWith('.lsr') ? 2 : 3);

function showFindings() {
  const { findings, summary } = found.check;
  const status = $('status');
  const words = [summary.errors ? plural(summary.errors, 'error') : '', summary.warnings ? plural(summary.warnings, 'warning') : ''].filter(Boolean);
  status.textContent = words.length ? words.join(', ') : 'No problems found';
  status.className = summary.errors ? 'bad' : summary.warnings ? 'warn' : 'good';
  $('fix-all').hidden = !findings.some((it) => it.fixes.some((fix) => fix.safe));
  $('findings').replaceChildren(...findings.map((it) => h('li', {},
    h('span', { class: `severity ${it.severity}` }, it.severity),
    h('button', { type: 'button', class: 'quiet', onclick: () => go(it) }, it.message),
    h('span', { class: 'where' }, `${it.file}:${it.line}`),
    it.help && !it.fixes.length ? h('span', { class: 'muted' }, it.help) : null,
    it.fixes.map((one) => h('button', { type: 'button', class: 'fix', onclick: () => fix(one) }, one.message)))));
  showFiles();
  editor.findings(state.files[state.file], findings.filter((it) => it.file === state.file));
}

function go({ file, from, to }) {
  if (file !== state.file && state.files[file] !== undefined) showFile(file);
  editor.goto(from, to);
}

/** Makes the edits of a fix, in the file that is shown and in others. */
function fix(one) {
  const own = one.edits.filter((edit) => edit.file === state.file);
  if (own.length) editor.change(own.map(({ from, to, text }) => ({ from, to, insert: text })));
  for (const edit of one.edits.filter((it) => it.file !== state.file).sort((a, b) => b.from - a.from)) {
    const text = state.files[edit.file];
    if (text !== undefined) state.files[edit.file] = text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  }
  clearTimeout(timer);
  void refresh();
}

async function fixAll() {
  const { files } = await engine.ask('fix', { files: state.files });
  for (const [path, text] of Object.entries(files)) {
    if (path === state.file) editor.replace(text);
    state.files[path] = text;
  }
  void refresh();
}

async function format() {
  if (!state.file.endsWith('.lsr')) return;
  const { text } = await engine.ask('format', { text: state.files[state.file] });
  editor.replace(text);
}

/** How many records each rule hit, behind its line. */
function showNotes() {
  if (!found.score) return;
  const records = found.score.data.rows;
  const lines = new Map();
  for (const hit of found.score.hits.filter((it) => it.file === state.file)) lines.set(hit.line, [...(lines.get(hit.line) ?? []), hit]);
  editor.notes([...lines].map(([line, hits]) => ({
    line,
    text: hits.length > 2 ? `${hits.reduce((sum, it) => sum + it.hits, 0)}` : hits.map((it) => it.hits).join('\u2009·\u2009'),
    more: hits.map((it) => `${it.because ?? 'This rule'}: hits ${it.hits} of ${plural(records, 'record')}, ${it.points} points in all${it.unknown ? `, unknown for ${it.unknown}` : ''}`).join('\n'),
  })));
}

// Records

function names(records) {
  const at = (pattern) => records.headers.findIndex((header) => pattern.test(header));
  const [first, last] = [at(/^(first.?name|prénom)$/i), at(/^(last.?name|nom)$/i)];
  if (first >= 0) return records.rows.map((row) => [row[first], last < 0 ? '' : row[last]].filter(Boolean).join(' '));
  const one = [/^(full.?)?name$/i, /^(workspace|company).*name$/i, /^e-?mail$/i].map(at).find((it) => it >= 0);
  const same = one !== undefined && found.score && records.headers[one] === found.score.key;
  return one === undefined || same ? null : records.rows.map((row) => row[one] ?? '');
}

function showTable(failure) {
  const panel = $('panel-table');
  // While the rules have errors, the results of those before stay, and say so.
  const stale = failure && found.score && found.check.summary.errors > 0;
  document.querySelector('main').classList.toggle('stale', Boolean(stale));
  if (failure && !stale) {
    panel.replaceChildren(h('p', { class: 'panel error', role: 'alert' }, failure.message, failure.help ? h('span', { class: 'muted' }, ` ${failure.help}`) : null));
    return;
  }
  if (!found.score) return;
  if (!found.score.records.length) {
    panel.replaceChildren(h('p', { class: 'panel muted' }, 'There are no records. Paste some under “Data”.'));
    return;
  }
  const focused = panel.contains(document.activeElement) && document.activeElement.className === 'key';
  const note = stale ? h('p', { class: 'note', role: 'alert' }, 'These results are from before the error.') : null;
  panel.replaceChildren(...[note].filter(Boolean), panels.table(found.score, names(parse(state.sets.records.text)), { row: state.row, onpick: pick }));
  if (focused) panel.querySelector('[aria-selected=true] .key')?.focus();
}

function pick(row) {
  if (row === state.row) return;
  state.row = row;
  void onlyPeople();
}

function showRecord() {
  const panel = $('panel-record');
  if (panel.contains(document.activeElement) && document.activeElement.matches('.fields input')) return;
  const records = parse(state.sets.records.text);
  if (records.broken || !records.rows.length) {
    panel.replaceChildren(h('p', { class: 'hint' }, records.broken ? 'The data cannot be read as JSON. Correct them under “Data”.' : 'There are no records.'));
    return;
  }
  const row = Math.min(state.row, records.rows.length - 1);
  const read = new Set((found.model?.properties ?? []).flatMap((it) => [it.name, ...it.from]).map((name) => name.toLowerCase()));
  const fields = records.headers.map((header, column) => {
    const id = `field-${column}`;
    const input = h('input', { id, value: records.rows[row][column] ?? '', placeholder: 'unknown', autocomplete: 'off' });
    input.addEventListener('input', () => setData(changed(parse(state.sets.records.text), row, column, input.value)));
    const unread = read.size && !read.has(header.toLowerCase()) ? ' muted' : '';
    return [h('label', { for: id, class: unread }, header), input];
  });
  const step = (by) => () => pick(Math.max(0, Math.min(records.rows.length - 1, state.row + by)));
  panel.replaceChildren(
    h('div', { class: 'row-tools' }, h('button', { type: 'button', onclick: step(-1), disabled: row === 0 }, 'Previous'),
      h('span', {}, `${row + 1} of ${records.rows.length}`), h('button', { type: 'button', onclick: step(1), disabled: row === records.rows.length - 1 }, 'Next'),
      h('button', { type: 'button', onclick: () => { state.row = row + 1; setData(copied(parse(state.sets.records.text), row), true); } }, 'Copy'),
      h('button', { type: 'button', onclick: () => setData(without(parse(state.sets.records.text), row), true), disabled: records.rows.length === 1 }, 'Remove')),
    h('div', { class: 'fields' }, fields));
}

function setData(text, anew = false) {
  state.sets.records.text = text;
  if ($('data-set').value === 'records') $('data').value = text;
  if (anew) document.activeElement?.blur();
  soon();
}

function showData() {
  $('data').value = state.sets[$('data-set').value || 'records'].text;
}

// Results

/** Where a rule's words are written; several files may have a line of its number. */
function place(words, line) {
  const start = words.replace(/\s+/g, '').slice(0, 8);
  for (const path of Object.keys(state.files).filter((it) => it.endsWith('.lsr'))) {
    const text = state.files[path];
    const lines = text.split('\n');
    if (!lines[line - 1]?.replace(/\s+/g, '').includes(start)) continue;
    const before = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0);
    const from = before + (lines[line - 1].length - lines[line - 1].trimStart().length);
    return () => go({ file: path, from, to: before + lines[line - 1].length });
  }
  return null;
}

function showAccount() {
  const panel = $('panel-account');
  if (!found.account) {
    panel.replaceChildren(h('p', { class: 'hint' }, 'The account of a record is shown here as soon as the rules have no errors.'));
    return;
  }
  panel.replaceChildren(account(found.account, found.ranges, { all: state.all, ontoggle: () => { state.all = !state.all; showAccount(); $('show-all')?.focus(); }, place }));
}

function showRanges() {
  if (!found.ranges) return;
  const values = found.score?.records[state.row] ?? {};
  $('panel-ranges').replaceChildren(panels.ranges(found.ranges, values));
}

let whatIf = null;

function showParams(failure) {
  const params = found.model?.params ?? [];
  const shape = JSON.stringify(params.map(({ name, kind, value, docs }) => [name, kind, value, docs]));
  if (!whatIf || whatIf.shape !== shape) {
    for (const name of Object.keys(state.set)) if (!params.some((param) => param.name === name)) delete state.set[name];
    whatIf = { shape, ...panels.whatIf(params, state.set, setParam) };
    $('panel-params').replaceChildren(whatIf.out);
  }
  const changes = Object.keys(state.set).length > 0;
  whatIf.show(changes ? found.base : null, changes ? found.score : null, changes ? failure?.message : null);
  badge('tab-params', changes ? Object.keys(state.set).length : 0, false);
}

let turning;

function setParam(name, value) {
  if (name === null) state.set = {};
  else if (value === undefined) delete state.set[name];
  else state.set[name] = value;
  clearTimeout(turning);
  turning = setTimeout(onlyPeople, 40);
}

function showTests() {
  $('panel-tests').replaceChildren(panels.tests(found.tests, go));
  badge('tab-tests', found.tests.failed || found.tests.passed, found.tests.failed > 0);
}

function badge(id, count, bad = false) {
  const tab = $(id);
  tab.querySelector('.count')?.remove();
  if (count) tab.append(h('span', { class: `count${bad ? ' bad' : ''}` }, String(count)));
}

// The page itself

for (const list of document.querySelectorAll('[role=tablist]')) {
  list.addEventListener('keydown', (event) => {
    const tabs = [...list.querySelectorAll('[role=tab]')];
    const at = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const tab = tabs[(next + tabs.length) % tabs.length];
    tab.focus();
    tab.click();
  });
  if (list.id === 'files') continue;
  list.addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (!tab) return;
    for (const other of list.querySelectorAll('[role=tab]')) {
      const now = other === tab;
      other.setAttribute('aria-selected', String(now));
      other.tabIndex = now ? 0 : -1;
      $(other.getAttribute('aria-controls')).hidden = !now;
    }
    if (tab.id === 'tab-record') showRecord();
  });
}

const dark = matchMedia('(prefers-color-scheme: dark)');

function showTheme() {
  let chosen = null;
  try { chosen = localStorage.getItem('theme'); } catch { /* A page without storage follows the system. */ }
  const now = chosen ?? (dark.matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = now;
  $('theme').textContent = now === 'dark' ? 'Light' : 'Dark';
  return now;
}

dark.addEventListener('change', showTheme);
$('theme').addEventListener('click', () => {
  const next = showTheme() === 'dark' ? 'light' : 'dark';
  try { localStorage.setItem('theme', next); } catch { document.documentElement.dataset.theme = next; return; }
  showTheme();
});
$('example').append(...examples.map((it) => h('option', { value: it.id }, it.title)));
$('example').addEventListener('change', (event) => { $('broken').dataset.of = ''; start(examples.find((it) => it.id === event.target.value)); });
$('format').addEventListener('click', () => { void format(); });
$('fix-all').addEventListener('click', () => { void fixAll(); });
$('as-of').addEventListener('change', (event) => { state.asOf = event.target.value; void onlyPeople(); });
$('data-set').addEventListener('change', showData);
$('data').addEventListener('input', (event) => { state.sets[$('data-set').value].text = event.target.value; soon(); });
$('share').addEventListener('click', async () => {
  const address = await link();
  if (!address) {
    $('share').textContent = 'Too much for a link: keep fewer records';
    setTimeout(() => { $('share').textContent = 'Copy link'; }, 4000);
    return;
  }
  const copied = await navigator.clipboard?.writeText(address).then(() => true, () => false);
  $('share').textContent = copied ? 'Copied' : 'Copy it from the address bar';
  setTimeout(() => { $('share').textContent = 'Copy link'; }, 2500);
});

async function open() {
  const saved = location.hash.length > 1 ? await unpack(location.hash.slice(1)) : null;
  const example = examples.find((it) => it.id === saved?.e) ?? examples[0];
  const cut = location.hash.length > 1 && !saved;
  $('broken').dataset.of = cut ? 'link' : '';
  fault(cut ? 'The link is not complete, so an example is shown instead.' : '');
  start(example, saved ? checked(saved) : {});
}

showTheme();
window.addEventListener('hashchange', () => { void open(); });
void open();
