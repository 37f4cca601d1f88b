// The browser entry, for vscode.dev and other editors without a command line: the engine as WebAssembly in place of `lsrc lsp`.
// It is bundled with the engine's script by build.mjs.

import * as vscode from 'vscode';
import { load } from '../../bindings/wasm/index.js';

const LANGUAGE = { language: 'lsr' };
/** Rule files, and the lists that they read. */
const FILES = '**/*.{lsr,txt,csv}';
/** Larger files are data, not lists. */
const MOST_BYTES = 1 << 20;

export async function activate(context) {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, 'dist', 'lsrc.wasm'));
  const session = new Session(await load(bytes));
  const { languages, workspace, commands } = vscode;
  const watcher = workspace.createFileSystemWatcher(FILES);
  context.subscriptions.push(
    session.diagnostics, watcher,
    watcher.onDidCreate((uri) => session.read(uri)), watcher.onDidChange((uri) => session.read(uri)),
    watcher.onDidDelete((uri) => session.forget(uri)),
    workspace.onDidOpenTextDocument((document) => session.touch(document)),
    workspace.onDidChangeTextDocument(({ document }) => session.touch(document)),
    workspace.onDidCloseTextDocument((document) => session.closed(document)),
    commands.registerCommand('lsrc.browser.runTests', () => session.runTests()),
    languages.registerHoverProvider(LANGUAGE, { provideHover: (document, at) => session.hover(document, at) }),
    languages.registerCompletionItemProvider(LANGUAGE, { provideCompletionItems: (document, at) => session.complete(document, at) }, ' ', '[', '.', '"', '('),
    languages.registerCodeActionsProvider(LANGUAGE, { provideCodeActions: (document, range, about) => session.actions(document, range, about) }, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    languages.registerDocumentFormattingEditProvider(LANGUAGE, { provideDocumentFormattingEdits: (document) => session.format(document) }),
    languages.registerInlayHintsProvider(LANGUAGE, session),
    languages.registerCodeLensProvider(LANGUAGE, session),
  );
  await Promise.all((await workspace.findFiles(FILES, '**/node_modules/**', 2000)).map((uri) => session.read(uri)));
  workspace.textDocuments.forEach((document) => session.touch(document));
}

class Session {
  diagnostics = vscode.languages.createDiagnosticCollection('lsrc');
  #engine;
  /** By path: where the file is, and its text. */
  #files = new Map();
  #timer;
  #verdicts = new Map();
  #hints = new vscode.EventEmitter();
  #lenses = new vscode.EventEmitter();
  onDidChangeInlayHints = this.#hints.event;
  onDidChangeCodeLenses = this.#lenses.event;

  constructor(engine) {
    this.#engine = engine;
  }

  #path(uri) {
    return vscode.workspace.asRelativePath(uri, (vscode.workspace.workspaceFolders?.length ?? 0) > 1).replace(/^\//, '');
  }

  #document(uri) {
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  }

  /** Reads a file that is not open, or that is open elsewhere. */
  async read(uri) {
    if (this.#document(uri)?.languageId === 'lsr') return;
    const bytes = await vscode.workspace.fs.readFile(uri).catch(() => null);
    if (bytes && bytes.length <= MOST_BYTES) this.#put(uri, new TextDecoder().decode(bytes));
  }

  forget(uri) {
    this.#files.delete(this.#path(uri));
    this.diagnostics.delete(uri);
    this.#soon();
  }

  touch(document) {
    if (document.languageId === 'lsr') this.#put(document.uri, document.getText(), document.isUntitled ? '.lsr' : '');
  }

  closed(document) {
    if (document.languageId !== 'lsr') return;
    if (document.isUntitled) this.forget(document.uri);
    else this.read(document.uri);
  }

  #put(uri, text, ending = '') {
    const path = this.#path(uri);
    // A text without a name has no ending yet, and is rules all the same.
    const name = ending && !path.endsWith(ending) ? path + ending : path;
    if (this.#files.get(name)?.text === text) return;
    this.#files.set(name, { uri, text });
    this.#verdicts.clear();
    this.#soon();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), 120);
  }

  #request(document) {
    if (document) this.touch(document);
    const files = Object.fromEntries([...this.#files].map(([path, { text }]) => [path, text]));
    const file = document && [...this.#files].find(([, { uri }]) => uri.toString() === document.uri.toString())?.[0];
    return file ? { files, file } : { files };
  }

  #check() {
    const { findings } = this.#engine.check(this.#request());
    const byFile = new Map();
    for (const it of findings) byFile.set(it.file, [...(byFile.get(it.file) ?? []), it]);
    this.diagnostics.clear();
    for (const [file, list] of byFile) {
      const known = this.#files.get(file);
      if (known) this.diagnostics.set(known.uri, list.map((it) => this.#diagnostic(known, it)));
    }
    this.#hints.fire();
    this.#lenses.fire();
  }

  #diagnostic(known, it) {
    const severity = it.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
    const message = [it.message, ...it.notes, it.help].filter(Boolean).join('\n');
    const diagnostic = new vscode.Diagnostic(range(known.text, it.from, it.to), message, severity);
    diagnostic.source = 'lsrc';
    diagnostic.code = it.name;
    const related = it.labels.map((label) => ({ label, file: this.#files.get(label.file) })).filter(({ file }) => file);
    diagnostic.relatedInformation = related.map(({ label, file }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(file.uri, range(file.text, label.from, label.to)), label.message));
    return diagnostic;
  }

  #edit(edits) {
    const change = new vscode.WorkspaceEdit();
    for (const { file, from, to, text } of edits) {
      const known = this.#files.get(file);
      if (known) change.replace(known.uri, range(known.text, from, to), text);
    }
    return change;
  }

  hover(document, at) {
    const about = this.#engine.hover({ ...this.#request(document), at: document.offsetAt(at) });
    if (!about) return null;
    return new vscode.Hover(new vscode.MarkdownString(about.text), new vscode.Range(document.positionAt(about.from), document.positionAt(about.to)));
  }

  complete(document, at) {
    const { from, to, proposals } = this.#engine.complete({ ...this.#request(document), at: document.offsetAt(at) });
    const { CompletionItemKind: kind } = vscode;
    const kinds = {
      option: kind.EnumMember, property: kind.Field, variable: kind.Variable, output: kind.Function, reason: kind.Text, file: kind.File,
      finding: kind.Constant, keyword: kind.Keyword, snippet: kind.Snippet,
    };
    const place = new vscode.Range(document.positionAt(from), document.positionAt(to));
    return proposals.map((it, order) => {
      const item = new vscode.CompletionItem({ label: it.label, description: it.detail }, kinds[it.kind]);
      item.insertText = it.snippet ? new vscode.SnippetString(it.text) : it.text;
      item.documentation = it.docs ? new vscode.MarkdownString(it.docs) : undefined;
      item.range = place;
      item.sortText = String(order).padStart(5, '0');
      return item;
    });
  }

  actions(document, where, { diagnostics }) {
    const request = { ...this.#request(document), at: document.offsetAt(where.start), to: document.offsetAt(where.end) };
    return this.#engine.actions(request).map((it) => {
      const action = new vscode.CodeAction(it.title, vscode.CodeActionKind.QuickFix);
      action.edit = this.#edit(it.edits);
      action.isPreferred = it.preferred;
      action.diagnostics = diagnostics.filter((one) => one.code === it.finding);
      return action;
    });
  }

  format(document) {
    const text = document.getText();
    const { text: formatted, changed } = this.#engine.format(text);
    return changed ? [vscode.TextEdit.replace(new vscode.Range(document.positionAt(0), document.positionAt(text.length)), formatted)] : [];
  }

  provideInlayHints(document, where) {
    const settings = vscode.workspace.getConfiguration('lsrc');
    const hints = this.#engine.hints(this.#request(document)).filter((it) => settings.get(`inlayHints.${it.kind}`, true));
    return hints.map((it) => ({ it, at: document.positionAt(it.at) })).filter(({ at }) => where.contains(at)).map(({ it, at }) => {
      const hint = new vscode.InlayHint(at, it.text);
      hint.tooltip = it.more;
      hint.paddingLeft = hint.paddingRight = true;
      return hint;
    });
  }

  provideCodeLenses(document) {
    const text = document.getText();
    return [...text.matchAll(/^test +"((?:\\.|[^"\\])*)"/gm)].map((match) => {
      const verdict = this.#verdicts.get(match[1]);
      const title = verdict === undefined ? 'run tests' : verdict === '' ? 'passed, run again' : `failed, run again: ${verdict}`;
      return new vscode.CodeLens(range(text, match.index, match.index + match[0].length), { title, command: 'lsrc.browser.runTests' });
    });
  }

  runTests() {
    const { tests, passed, failed } = this.#engine.test(this.#request());
    this.#verdicts.clear();
    for (const test of tests) {
      const first = test.failures[0];
      this.#verdicts.set(test.name, first ? `expected ${first.expected}${first.got[0] ? `; ${first.got[0]}` : ''}` : '');
    }
    this.#lenses.fire();
    vscode.window.setStatusBarMessage(failed ? `lsrc: ${failed} of ${passed + failed} tests failed` : `lsrc: ${passed} tests passed`, 5000);
  }
}

/** A range of code units in a text that need not be open. */
function range(text, from, to) {
  const position = (offset) => {
    const before = text.slice(0, offset);
    const line = before.split('\n').length - 1;
    return new vscode.Position(line, offset - (before.lastIndexOf('\n') + 1));
  };
  return new vscode.Range(position(from), position(to));
}
