// The editor: findings, fixes, hovers and completions from the engine, and beside the lines how many records they hit.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, snippetCompletion } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, RangeSet, StateEffect, StateField } from '@codemirror/state';
import {
  EditorView, GutterMarker, drawSelection, gutter, highlightActiveLine, highlightSpecialChars, hoverTooltip, keymap, lineNumbers,
} from '@codemirror/view';
import { markdown } from './dom.js';
import { colours, lsr } from './language.js';

const setNotes = StateEffect.define();

class Note extends GutterMarker {
  constructor(text, more) {
    super();
    // Text that is written at the start of its line comes before it.
    Object.assign(this, { text, more, startSide: 1, endSide: 1 });
  }
  eq(other) {
    return other.text === this.text && other.more === this.more;
  }
  toDOM() {
    const element = document.createElement('span');
    element.textContent = this.text;
    element.title = this.more;
    return element;
  }
}

/** What stands before the lines; it moves with the text, and is given anew when the engine has answered. */
const notes = StateField.define({
  create: () => RangeSet.empty,
  update(value, transaction) {
    let now = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setNotes)) continue;
      const lines = effect.value.filter(({ line }) => line <= transaction.state.doc.lines);
      now = RangeSet.of(lines.map(({ line, text, more }) => new Note(text, more).range(transaction.state.doc.line(line).from)), true);
    }
    return now;
  },
});

const counts = [notes, gutter({ class: 'cm-counts', markers: (view) => view.state.field(notes), initialSpacer: () => new Note('00', '') })];

const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--paper)', fontSize: '12.5px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-gutters': { backgroundColor: 'var(--paper)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--line-now)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--selection)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--selection)', outline: 'none' },
  '.cm-counts .cm-gutterElement': {
    color: 'var(--accent)', fontSize: '11.5px', fontFamily: 'var(--sans)', textAlign: 'right', padding: '0 6px 0 2px', minWidth: '2.2em',
    fontVariantNumeric: 'tabular-nums', cursor: 'help',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--border)', borderRadius: '6px',
    boxShadow: '0 4px 16px rgb(0 0 0 / .18)', maxWidth: 'min(520px, 90vw)',
  },
  '.cm-tooltip .markdown': { padding: '8px 12px', maxHeight: '260px', overflow: 'auto', fontFamily: 'var(--sans)', fontSize: '12.5px' },
  '.markdown p, .markdown h4, .markdown ul, .markdown pre': { margin: '4px 0' },
  '.markdown pre': { background: 'var(--ground)', padding: '6px 8px', borderRadius: '4px', overflowX: 'auto' },
  '.markdown code': { fontFamily: 'var(--mono)', fontSize: '12.5px' },
  '.markdown hr': { border: 'none', borderTop: '1px solid var(--border)' },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16em' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'inherit', opacity: '.7', fontStyle: 'normal', marginLeft: '1ch' },
  '.cm-completionInfo': { padding: '0' },
  '.cm-diagnostic': { padding: '6px 10px', borderLeftWidth: '4px', fontFamily: 'var(--sans)', fontSize: '12.5px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--error)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--warning)' },
  '.cm-diagnosticAction': {
    backgroundColor: 'var(--accent)', color: 'var(--on-accent)', borderRadius: '4px', padding: '3px 8px', marginLeft: '8px', font: 'inherit',
    cursor: 'pointer',
  },
  '.cm-lintRange-error': {
    backgroundImage: 'none', textDecoration: 'underline wavy var(--error) 1.5px', textUnderlineOffset: '3px', textDecorationSkipInk: 'none',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none', textDecoration: 'underline wavy var(--warning) 1.5px', textUnderlineOffset: '3px', textDecorationSkipInk: 'none',
  },
});

export class Editor {
  /** `host` has `ask(question, more)`, `onchange(path, text)` and `onfix(fix)`. */
  constructor(place, host) {
    this.host = host;
    this.states = new Map();
    // Inside a shadow root the editor's style sheets are constructed, so that the page's policy can forbid inline styles.
    this.root = place.attachShadow({ mode: 'open' });
    this.view = new EditorView({ parent: this.root, root: this.root, state: EditorState.create({ doc: '' }) });
  }

  #state(path, text) {
    const host = this.host;
    const rules = path.endsWith('.lsr');
    const listener = EditorView.updateListener.of((update) => {
      if (update.docChanged) host.onchange(path, update.state.doc.toString());
    });
    const extensions = [
      lineNumbers(), highlightSpecialChars(), history(), drawSelection(), highlightActiveLine(), indentUnit.of('  '), theme, listener,
      EditorView.contentAttributes.of({ 'aria-label': `Text of ${path}`, spellcheck: 'false', autocapitalize: 'off', autocorrect: 'off' }),
      // Tab is left to the browser, so that the keyboard gets out of the editor.
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap,
        { key: 'Alt-Shift-f', run: () => { host.onformat(); return true; } }]),
    ];
    if (rules) {
      extensions.push(lsr, colours, counts, bracketMatching(), closeBrackets(), lintGutter(),
        autocompletion({ override: [(context) => this.#complete(context, path)], maxRenderedOptions: 60 }),
        hoverTooltip((view, at) => this.#hover(view, at, path), { hoverTime: 350 }));
    }
    return EditorState.create({ doc: text, extensions });
  }

  /** Shows a file; what was done to it can still be undone. */
  open(path, text) {
    if (this.path) this.states.set(this.path, this.view.state);
    let state = this.states.get(path);
    if (!state || state.doc.toString() !== text) state = this.#state(path, text);
    this.path = path;
    this.view.setState(state);
  }

  forget() {
    this.states.clear();
    this.path = undefined;
  }

  /** Replaces the text, or parts of it. */
  change(changes) {
    this.view.dispatch({ changes, userEvent: 'input.fix' });
  }

  replace(text) {
    const doc = this.view.state.doc.toString();
    let start = 0;
    while (start < doc.length && doc[start] === text[start]) start++;
    let end = 0;
    while (end < doc.length - start && end < text.length - start && doc[doc.length - 1 - end] === text[text.length - 1 - end]) end++;
    if (start !== doc.length || doc.length !== text.length) this.change({ from: start, to: doc.length - end, insert: text.slice(start, text.length - end) });
  }

  goto(from, to = from) {
    const length = this.view.state.doc.length;
    this.view.dispatch({ selection: { anchor: Math.min(from, length), head: Math.min(to, length) }, scrollIntoView: true });
    this.view.focus();
  }

  /** The findings of the file that is shown; they are of this text. */
  findings(text, findings) {
    if (this.view.state.doc.toString() !== text) return;
    const diagnostics = findings.map((it) => ({
      from: it.from,
      to: Math.max(it.to, it.from),
      severity: it.severity,
      source: it.name,
      message: [it.message, ...it.notes, it.help].filter(Boolean).join('\n'),
      actions: it.fixes.map((fix) => ({ name: fix.message, apply: () => this.host.onfix(fix) })),
    }));
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  notes(list) {
    if (!this.path?.endsWith('.lsr')) return;
    this.view.dispatch({ effects: setNotes.of(list) });
  }

  async #hover(view, at, path) {
    const about = await this.host.ask('hover', { file: path, at }).catch(() => null);
    if (!about || about.from > at) return null;
    return { pos: about.from, end: Math.min(about.to, view.state.doc.length), above: true, create: () => ({ dom: markdown(about.text) }) };
  }

  async #complete(context, path) {
    const word = context.matchBefore(/[\p{L}\p{N}_.]+/u);
    const opened = context.matchBefore(/(?:["[(,]|\b(?:then|if|is|in|by|from|use|when|each|match|band|per|since)) ?/u);
    if (!context.explicit && !word && !opened) return null;
    const answer = await this.host.ask('complete', { file: path, at: context.pos }).catch(() => null);
    if (!answer?.proposals.length || context.aborted) return null;
    const types = { output: 'function', reason: 'text', file: 'text', option: 'enum', snippet: 'namespace' };
    const options = answer.proposals.map((it) => {
      const option = {
        label: it.label, type: types[it.kind] ?? it.kind, detail: it.detail || undefined,
        info: it.docs ? () => markdown(it.docs) : undefined, boost: it.kind === 'keyword' ? -1 : it.kind === 'snippet' ? -2 : 0,
      };
      return it.snippet ? snippetCompletion(it.text, option) : { ...option, apply: it.text };
    });
    return { from: answer.from, options, validFor: /^[\p{L}\p{N}_]*$/u };
  }
}
