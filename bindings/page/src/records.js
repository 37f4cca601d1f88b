// The records as the page edits them: CSV or JSON, field by field, and back to a text.

/** Records of a text: `{json, headers, rows}`; a row has a text for each header. */
export function parse(text) {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (/^[[{]/.test(trimmed)) return fromJson(trimmed);
  const end = trimmed.search(/\r?\n|$/);
  const first = trimmed.slice(0, end);
  const marks = [';', '\t', ','];
  const mark = marks.reduce((best, it) => (first.split(it).length > first.split(best).length ? it : best), ',');
  const rows = cells(trimmed, mark);
  return { json: false, mark, headers: rows[0] ?? [], rows: rows.slice(1) };
}

function fromJson(text) {
  let records;
  try {
    const document = JSON.parse(text);
    records = Array.isArray(document) ? document : [document];
  } catch {
    try {
      records = text.split('\n').filter((line) => line.trim()).map((line) => JSON.parse(line));
    } catch {
      return { json: true, broken: true, headers: [], rows: [] };
    }
  }
  const objects = records.filter((it) => it && typeof it === 'object');
  const headers = [...new Set(objects.flatMap((it) => Object.keys(it)))];
  const shown = (value) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));
  return { json: true, objects, headers, rows: objects.map((it) => headers.map((header) => shown(it[header]))) };
}

function cells(text, mark) {
  const rows = [];
  let row = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted) {
      if (c === '"' && text[at + 1] === '"') { cell += '"'; at++; } else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === mark) { row.push(cell); cell = ''; } else if (c === '\n') { row.push(cell); rows.push(row); row = []; cell = ''; } else if (c !== '\r') cell += c;
  }
  row.push(cell);
  rows.push(row);
  return rows.filter((it) => it.length > 1 || it[0] !== '');
}

/** The text with one field changed. */
export function changed(records, row, column, value) {
  if (records.json) {
    const header = records.headers[column];
    const objects = records.objects.map((it, at) => (at === row ? { ...it, [header]: typed(it[header], value) } : it));
    return written(objects);
  }
  const rows = records.rows.map((it, at) => (at === row ? records.headers.map((_, c) => (c === column ? value : it[c] ?? '')) : it));
  return csv(records, rows);
}

/** The text with one more record, a copy of a row; or without that row. */
export function copied(records, row) {
  if (records.json) return written(records.objects.toSpliced(row + 1, 0, structuredClone(records.objects[row] ?? {})));
  return csv(records, records.rows.toSpliced(row + 1, 0, records.rows[row] ?? []));
}

export function without(records, row) {
  if (records.json) return written(records.objects.toSpliced(row, 1));
  return csv(records, records.rows.toSpliced(row, 1));
}

const written = (objects) => `[\n${objects.map((it) => `  ${JSON.stringify(it)}`).join(',\n')}\n]\n`;

const csv = ({ headers, mark }, rows) => {
  const cell = (text) => (text.includes(mark) || /["\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [headers, ...rows].map((row) => row.map(cell).join(mark)).join('\n') + '\n';
};

/** What was typed: a text stays one, and what is empty is unknown. */
function typed(before, value) {
  if (value === '') return null;
  if (typeof before === 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
