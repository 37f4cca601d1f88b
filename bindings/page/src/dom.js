// Elements, and the little Markdown that the engine writes. Nothing here reads HTML from a text.

/** An element with attributes, listeners (`onclick`) and children; `null` children are left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A number as people write it, with a real minus sign. */
export const number = (value) => (value === null || value === undefined ? 'unknown' : String(value).replace('-', '−'));

/** Points with their sign. */
export const signed = (value) => (value > 0 ? `+${value}` : number(value));

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** Headings, paragraphs, lists, code and rules of Markdown, as elements. */
export function markdown(text) {
  const out = h('div', { class: 'markdown' });
  const lines = text.split('\n');
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (line.startsWith('```')) {
      const code = [];
      while (++at < lines.length && !lines[at].startsWith('```')) code.push(lines[at]);
      out.append(h('pre', {}, h('code', {}, code.join('\n'))));
    } else if (/^#+ /.test(line)) {
      out.append(h('h4', {}, inline(line.replace(/^#+ /, ''))));
    } else if (/^---+$/.test(line)) {
      out.append(h('hr'));
    } else if (/^[*-] /.test(line)) {
      const list = h('ul');
      for (; at < lines.length && /^([*-] |  )/.test(lines[at]); at++) list.append(h('li', {}, inline(lines[at].replace(/^([*-] |\s+)/, ''))));
      out.append(list);
      continue;
    } else if (line.trim()) {
      const paragraph = [line];
      while (at + 1 < lines.length && lines[at + 1].trim() && !/^(```|#|---|[*-] )/.test(lines[at + 1])) paragraph.push(lines[++at]);
      out.append(h('p', {}, inline(paragraph.join(' '))));
    }
    at++;
  }
  return out;
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]*\))/).map((part) => {
    if (/^`.+`$/.test(part)) return h('code', {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h('strong', {}, part.slice(2, -2));
    // Links of the engine's pages are paths inside the repository, which a page cannot follow.
    if (/^\[.+\]\(.*\)$/.test(part)) return part.replace(/^\[(.+)\]\(.*\)$/, '$1');
    return part;
  });
}
