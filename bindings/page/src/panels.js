// The other results: the table of records, ranges, what-if, tests.

import { h, number, plural } from './dom.js';

/** The table of results. `base` has the results before params were changed, to show what they move. */
export function table(result, names, { row, onpick }) {
  const key = result.key;
  const stages = new Set(result.columns.filter((name) => name.endsWith('_move')).map((name) => name.slice(0, -5)));
  const isDetail = (name) => [...stages].some((stage) => [`${stage}_before`, `${stage}_move`, `${stage}_reason`].includes(name));
  const rest = result.columns.filter((name) => name !== key && !stages.has(name) && !isDetail(name) && name !== 'excluded');
  // Stages first: on a narrow screen the columns on the right are out of sight.
  const columns = [key, ...stages, ...rest];
  const excluded = result.records.some((record) => record.excluded);
  const scores = new Set(columns.filter((name) => result.records.some((record) => typeof record[name] === 'number') && name !== key));
  const head = h('tr', {}, names ? h('th', { scope: 'col' }, 'who') : null,
    columns.map((name) => h('th', { scope: 'col', class: scores.has(name) ? 'number' : '' }, name)), excluded ? h('th', { scope: 'col' }, 'excluded') : null);
  const cell = (record, name, at) => {
    if (name === key) return h('td', {}, h('button', { type: 'button', class: 'key', 'aria-label': `Explain record ${record[key] ?? at + 1}`, onclick: () => onpick(at) }, String(record[key] ?? `row ${at + 1}`)));
    if (stages.has(name)) {
      const [before, after, move] = [record[`${name}_before`], record[name], record[`${name}_move`]];
      const moved = move === 'forward' || move === 'backward';
      const text = moved && before !== null && before !== undefined ? `${before} → ${after ?? 'unknown'}` : after ?? 'unknown';
      return h('td', { title: record[`${name}_reason`] ?? '' }, h('span', { class: `chip ${moved ? move : ''}` }, text));
    }
    return h('td', { class: scores.has(name) ? 'number' : '' }, scores.has(name) ? number(record[name]) : record[name] ?? '');
  };
  const rows = result.records.map((record, at) => h('tr', { class: 'row', 'aria-selected': String(at === row), onclick: () => onpick(at) },
    names ? h('td', {}, names[at] ?? '') : null, columns.map((name) => cell(record, name, at)), excluded ? h('td', { class: 'muted' }, record.excluded === true ? 'yes' : record.excluded ?? '') : null));
  const faults = result.data.columns.map((it) => h('p', { class: 'warning' },
    `${it.column}: ${plural(it.count, 'cell')} cannot be read as ${it.expected}, such as “${it.samples[0]?.value ?? ''}”${it.cures[0] ? `: ${it.cures[0]}` : ''}`));
  return h('div', {}, h('table', {}, h('caption', { class: 'skip' }, 'Results by record'), h('thead', {}, head), h('tbody', {}, rows)),
    result.cut ? h('p', { class: 'hint' }, `Only the first ${result.records.length} records are shown.`) : null, faults.length ? h('div', { class: 'panel' }, faults) : null);
}

export function ranges(found, values) {
  const out = h('div', {}, h('p', { class: 'hint' }, 'What each score can reach, over all records that the schema allows.'));
  for (const range of found.scores) {
    const value = values[range.name];
    const limited = range.min !== null && range.max !== null;
    const track = h('span', { class: 'track', 'aria-hidden': 'true' });
    track.style.display = 'block';
    if (limited && typeof value === 'number' && range.max > range.min) {
      const mark = h('b');
      mark.style.left = `${((value - range.min) / (range.max - range.min)) * 100}%`;
      track.append(mark);
    }
    const ends = limited ? [number(range.min), number(range.max)] : [range.min === null ? 'no least' : number(range.min), range.max === null ? 'no most' : number(range.max)];
    out.append(h('div', { class: 'range' }, h('h4', {}, range.name), limited ? track : null,
      h('div', { class: 'scale' }, h('span', {}, ends[0]), typeof value === 'number' ? h('span', {}, `this record: ${number(value)}`) : null, h('span', {}, ends[1])),
      range.exact ? null : h('p', { class: 'hint' }, 'These are outer limits: no record is known for each of them.')));
  }
  if (found.witnesses.length) {
    const named = found.witnesses.map(({ witness, ...record }) => h('details', {}, h('summary', {}, `A record for ${witness}`), h('pre', { class: 'json' }, JSON.stringify(record, null, 2))));
    out.append(h('div', {}, named));
  }
  return out;
}

/** Sliders for params. They stay in place while they are moved; `show` gives what the values do. */
export function whatIf(params, set, onset) {
  const out = h('div');
  if (!params.length) {
    out.append(h('p', { class: 'hint' }, 'The rules have no params. Write “param sql_at = 65” and use its name in place of a number.'));
    return { out, show: () => {} };
  }
  const inputs = [];
  const grid = h('div', { class: 'what-if' });
  for (const param of params) {
    const id = `param-${param.name}`;
    const now = set[param.name] ?? param.value;
    const change = (value) => onset(param.name, value === '' || String(value) === String(param.value) ? undefined : String(value));
    if (param.kind === 'number') {
      const size = Math.max(10, Math.abs(param.value) * 2);
      const step = Number.isInteger(param.value) ? 1 : 0.5;
      const slider = h('input', { type: 'range', id, min: String(param.value < 0 ? -size : 0), max: String(size), step: String(step), value: String(now) });
      const box = h('input', { type: 'number', step: 'any', value: String(now), 'aria-label': `${param.name}, as a number` });
      slider.addEventListener('input', () => { box.value = slider.value; change(slider.value); });
      box.addEventListener('input', () => { slider.value = box.value; change(box.value); });
      inputs.push(() => { slider.value = box.value = String(param.value); });
      grid.append(h('label', { for: id }, param.name), slider, box, h('span', { class: 'muted' }, `file: ${number(param.value)}`));
    } else {
      const quoted = param.kind === 'text' ? (value) => JSON.stringify(value) : (value) => value;
      const box = h('input', { id, type: param.kind === 'date' ? 'date' : 'text', value: String(param.value ?? '') });
      box.addEventListener('input', () => onset(param.name, box.value === param.value ? undefined : quoted(box.value)));
      inputs.push(() => { box.value = String(param.value ?? ''); });
      grid.append(h('label', { for: id }, param.name), box, h('span'), h('span'));
    }
    if (param.docs) grid.append(h('p', { class: 'docs' }, param.docs));
  }
  const effects = h('div', { 'aria-live': 'polite' });
  const reset = h('button', { type: 'button', onclick: () => { inputs.forEach((it) => it()); onset(null); } }, 'Back to the values of the file');
  out.append(grid, h('div', { class: 'row-tools' }, reset), effects);
  return { out, show: (before, after, error) => effects.replaceChildren(difference(before, after, error)) };
}

function difference(before, after, error) {
  if (error) return h('p', { class: 'error' }, error);
  if (!before || !after) return h('p', { class: 'hint' }, 'Move a slider to see who changes.');
  const names = after.columns.filter((name) => !['excluded', 'reasons', after.key].includes(name) && !/_(before|move|reason)$/.test(name));
  const changes = names.map((name) => [name, after.records.filter((record, at) => before.records[at]?.[name] !== record[name]).length]).filter(([, count]) => count);
  if (!changes.length) return h('p', { class: 'hint' }, `Nothing changes for these ${plural(after.records.length, 'record')}.`);
  const stages = after.columns.filter((name) => name.endsWith('_move')).map((name) => name.slice(0, -5));
  const out = h('div', {}, h('p', {}, `Changed: ${changes.map(([name, count]) => `${name} of ${plural(count, 'record')}`).join(', ')}.`));
  for (const name of stages) {
    const count = (result, stage) => result.records.filter((record) => (record[name] ?? 'unknown') === stage).length;
    const all = [...new Set([...before.records, ...after.records].map((record) => record[name] ?? 'unknown'))];
    out.append(h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, name), h('th', { scope: 'col', class: 'number' }, 'file'), h('th', { scope: 'col', class: 'number' }, 'now'))),
      h('tbody', {}, all.map((stage) => {
        const [was, is] = [count(before, stage), count(after, stage)];
        return h('tr', {}, h('td', {}, stage), h('td', { class: 'number' }, was), h('td', { class: `number ${is > was ? 'plus' : is < was ? 'minus' : ''}` }, is));
      }))));
  }
  return out;
}

export function tests(found, go) {
  if (!found.tests.length) return h('p', { class: 'hint' }, found.programs_with_errors ? 'The rules have errors. Correct them to run the tests.' : 'There are no tests. Write test "a name" { given .. expect .. }.');
  const rows = found.tests.map((test) => h('li', {}, h('span', { class: test.passed ? 'good' : 'error', 'aria-label': test.passed ? 'passed' : 'failed' }, test.passed ? '✓ ' : '✗ '),
    h('button', { type: 'button', class: 'quiet', onclick: () => go(test) }, test.name),
    test.table ? h('span', { class: 'muted' }, ' without its table of cases') : null,
    test.failures.map((it) => h('div', { class: 'failure' }, h('div', {}, 'expected ', h('code', {}, it.expected)), it.got.map((line) => h('div', { class: 'muted' }, line))))));
  return h('div', {}, h('p', { class: found.failed ? 'error' : 'good' }, found.failed ? `${found.failed} of ${found.tests.length} tests failed` : `${plural(found.passed, 'test')} passed`), h('ul', { class: 'tests' }, rows));
}
