// The full account of a record: what every rule saw, and points that add up.

import { h, number, plural, signed } from './dom.js';

const tone = (points) => (points > 0 ? 'plus' : points < 0 ? 'minus' : 'muted');

/** Whether anything of an item counts, so that it is shown without being asked for. */
const counts = (item) => item.outcome === 'fired' && (item.points !== 0 || item.items.length > 0) || item.items.some(counts);

export function account(answer, ranges, { all, ontoggle, place }) {
  const it = answer.account;
  const out = h('div', { class: 'account' });
  const summary = h('div', { class: 'summary' }, h('h3', {}, `Record ${it.key}`));
  if (it.excluded) summary.append(h('span', { class: 'chip backward' }, 'excluded'));
  for (const stage of it.lifecycles) summary.append(stageChip(stage));
  for (const label of it.labels) summary.append(h('span', { class: 'chip' }, `${label.name}: ${label.value ?? 'unknown'}`));
  out.append(summary);
  for (const fault of answer.faults) out.append(h('p', { class: 'warning' }, fault));
  const excluding = it.exclusions.filter((check) => check.outcome === 'fired' || all);
  if (excluding.length) out.append(block('Exclusions', excluding.map((check) => checkRow(check, place))));
  for (const score of it.scores) out.append(scoreBlock(score, ranges?.scores.find((range) => range.name === score.name), all, place));
  for (const label of it.labels) {
    out.append(block(`${label.name}: ${label.value ?? 'unknown'}`, [
      h('li', { class: 'item' }, h('div', { class: 'why' }, label.why, label.near ? h('div', {}, label.near) : null)),
    ]));
  }
  for (const stage of it.lifecycles) out.append(lifecycle(stage, all, place));
  const hidden = it.scores.flatMap((score) => score.items).reduce((sum, item) => sum + off(item), 0);
  if (hidden || all) {
    const text = all ? 'Hide rules that gave no points' : `Show ${plural(hidden, 'rule')} that gave no points`;
    out.append(h('button', { type: 'button', id: 'show-all', 'aria-pressed': String(all), onclick: ontoggle }, text));
  }
  return out;
}

const off = (item) => (item.items.length && counts(item) ? item.items.reduce((sum, it) => sum + off(it), 0) : counts(item) ? 0 : 1);

function stageChip(stage) {
  const from = stage.property && stage.before !== stage.after ? `${stage.before ?? 'unknown'} → ` : '';
  const kind = stage.property && ['forward', 'backward'].includes(stage.move) ? ` ${stage.move}` : '';
  return h('span', { class: `chip${kind}` }, `${stage.name}: ${from}${stage.after ?? 'unknown'}`);
}

const block = (title, rows) => h('div', { class: 'score' }, h('header', {}, h('h4', {}, title)), h('ul', { class: 'items' }, rows));

function scoreBlock(score, range, all, place) {
  const unknown = score.value === null;
  const bar = h('span', { class: 'track', 'aria-hidden': 'true' });
  const limited = range && range.min !== null && range.max !== null && range.max > range.min;
  if (limited && !unknown) {
    const fill = h('i');
    fill.style.width = `${Math.max(0, Math.min(100, ((score.value - range.min) / (range.max - range.min)) * 100))}%`;
    bar.append(fill);
  }
  const of = limited ? h('span', { class: 'muted' }, ` of ${number(range.min)} to ${number(range.max)}`) : null;
  const head = h('header', {}, h('h4', {}, score.name), limited ? bar : null, h('b', {}, number(score.value), h('small', {}, of)));
  const rows = score.exclusions.filter((check) => check.outcome === 'fired' || all).map((check) => checkRow(check, place));
  rows.push(...(score.branches ?? []).filter((check) => check.outcome === 'fired' || all).map((check) => checkRow(check, place)));
  rows.push(...score.items.filter((item) => counts(item) || all).map((item) => itemRow(item, all, place)));
  if (score.formula) {
    rows.push(h('li', { class: 'item' }, h('div', { class: 'rule' }, score.formula.rule), h('div', { class: 'points' }, number(score.value)),
      h('div', { class: 'why' }, `= ${score.formula.numbers}`)));
  }
  if (!rows.length) rows.push(h('li', { class: 'item off' }, h('div', { class: 'rule' }, unknown ? score.unknown_because ?? 'unknown' : 'No rule gave points')));
  const out = h('div', { class: 'score', 'data-score': score.name }, head, h('ul', { class: 'items' }, rows));
  if (score.bound) out.append(h('div', { class: 'sum' }, h('span', {}, score.bound.rule), h('span', {}, `${number(score.bound.from)} → ${number(score.bound.to)}`)));
  return out;
}

function itemRow(item, all, place) {
  const group = item.items.length > 0 && item.rule.startsWith('group');
  const fired = item.outcome === 'fired';
  const rule = item.chosen ?? item.rule;
  const why = [...item.why, ...(all ? item.near : fired ? [] : item.near), ...item.arithmetic];
  if (item.bound) why.push(`${item.bound.rule} makes ${number(item.bound.to)} of ${number(item.bound.from)}`);
  const row = h('li', { class: `item${fired ? '' : ' off'}${group ? ' group' : ''}` },
    h('div', { class: 'rule' }, item.because ? h('q', {}, item.because) : null, goto(rule, item.line, place)),
    h('div', { class: `points ${tone(item.points)}` }, item.outcome === 'unknown' && item.points === 0 ? 'unknown' : signed(item.points)));
  if (why.length) row.append(h('div', { class: 'why' }, why.map((line) => h('div', {}, line))));
  const inner = item.items.filter((it) => counts(it) || all);
  if (inner.length) row.append(h('ul', { class: 'items' }, inner.map((it) => itemRow(it, all, place))));
  return row;
}

const outcomes = { fired: 'yes', 'not-fired': 'no', unknown: 'unknown', passed: 'skipped' };

function checkRow(check, place) {
  return h('li', { class: `item${check.outcome === 'fired' ? '' : ' off'}` },
    h('div', { class: 'rule' }, check.because ? h('q', {}, check.because) : null, goto(check.rule, check.line, place)),
    h('div', { class: 'points' }, outcomes[check.outcome] ?? check.outcome),
    check.why.length ? h('div', { class: 'why' }, check.why.map((line) => h('div', {}, line))) : null);
}

/** A rule's words, which lead to its line where that can be found. */
function goto(words, line, place) {
  const go = place(words, line);
  return go ? h('button', { type: 'button', class: 'quiet', title: `Line ${line}`, onclick: go }, words) : words;
}

function lifecycle(stage, all, place) {
  const move = stage.property && stage.before !== stage.after ? `${stage.before ?? 'unknown'} → ${stage.after ?? 'unknown'}` : stage.after ?? 'unknown';
  const rows = stage.checks.filter((check) => check.outcome !== 'passed' && (all || check.outcome === 'fired')).map((check) => checkRow(check, place));
  const out = block(`${stage.name}: ${move}`, rows.length ? rows : [h('li', { class: 'item off' }, h('div', { class: 'rule' }, stage.reason))]);
  if (stage.ways.length) {
    const next = stage.ways[0].stage;
    out.append(h('div', { class: 'item' }, h('div', { class: 'why' }, `One change that would reach ${next}:`,
      h('ul', { class: 'ways' }, stage.ways.map((way) => h('li', {}, way.change, way.effects.length ? ` (${way.effects.join(', ')})` : ''))))));
  }
  return out;
}
