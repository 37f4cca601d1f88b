// Colours, from the words of the language's own table (the TextMate grammar of the editors is made of it too).

import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { tags as t } from '@lezer/highlight';
import { constants, operators, types, words } from 'words';

const set = (list) => new Set(list);
const [isConstant, isOperator, isType, isWord] = [constants, operators, types, words].map(set);

export const lsr = StreamLanguage.define({
  name: 'lsr',
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match('##')) { stream.skipToEnd(); return 'docComment'; }
    if (stream.eat('#')) { stream.skipToEnd(); return 'comment'; }
    if (stream.match(/^"(?:\\.|[^"\\])*"?/)) return 'string';
    if (stream.match(/^`[^`]*`?/)) return 'propertyName';
    if (stream.match(/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-][\d:]+)?)?/)) return 'number';
    if (stream.match(/^-\d(?:_?\d)*(?:\.\d+)?%?/)) return 'minus';
    if (stream.match(/^\+\d(?:_?\d)*(?:\.\d+)?%?/)) return 'plus';
    if (stream.match(/^\d(?:_?\d)*(?:\.\d+)?(?:%|[kMB]\b)?/)) return 'number';
    const word = stream.match(/^[\p{L}_][\p{L}\p{N}_]*/u);
    if (word) {
      const name = word[0];
      const colon = stream.match(/^\s*:/, false);
      if (colon) return name === 'else' || name === 'unknown' ? 'atom' : 'propertyName';
      if (isConstant.has(name)) return 'atom';
      if (isOperator.has(name)) return 'operatorKeyword';
      if (isType.has(name)) return 'typeName';
      return isWord.has(name) ? 'keyword' : 'variableName';
    }
    if (stream.match(/^(?:\.\.<?|<=|>=|!=|[<>=+*/|-])/)) return 'operator';
    stream.next();
    return null;
  },
  tokenTable: { plus: t.inserted, minus: t.deleted, docComment: t.docComment, operatorKeyword: t.operatorKeyword },
  languageData: { commentTokens: { line: '#' }, closeBrackets: { brackets: ['(', '[', '{', '"'] }, indentOnInput: /^\s*[}\])]$/ },
});

const style = HighlightStyle.define([
  { tag: t.keyword, color: 'var(--keyword)', fontWeight: '600' },
  { tag: t.operatorKeyword, color: 'var(--keyword)' },
  { tag: t.typeName, color: 'var(--type)' },
  { tag: t.atom, color: 'var(--atom)' },
  { tag: t.string, color: 'var(--string)' },
  { tag: t.number, color: 'var(--number)' },
  { tag: t.inserted, color: 'var(--plus)', fontWeight: '600' },
  { tag: t.deleted, color: 'var(--minus)', fontWeight: '600' },
  { tag: t.propertyName, color: 'var(--property)' },
  { tag: t.comment, color: 'var(--muted)', fontStyle: 'italic' },
  { tag: t.docComment, color: 'var(--doc)', fontStyle: 'italic' },
  { tag: t.operator, color: 'var(--muted)' },
]);

export const colours = syntaxHighlighting(style);
