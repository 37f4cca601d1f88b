"""Colours `.lsr` blocks of the site by the TextMate grammar of the editors, so that words of the language are listed once."""

import json
import pathlib

import regex
from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

__all__ = ["LsrLexer"]

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRAMMAR = ROOT / "editors/vscode/syntaxes/lsr.tmLanguage.json"

# Scopes of TextMate by their beginning, and tokens of Pygments; the first that fits counts.
TOKENS = [
    ("comment", Comment),
    ("string.regexp", String.Regex),
    ("string", String),
    ("constant.numeric", Number),
    ("constant.language", Keyword.Constant),
    ("keyword.operator.word", Operator.Word),
    ("keyword.operator", Operator),
    ("keyword", Keyword),
    ("storage", Keyword.Type),
    ("variable", Name.Attribute),
]


def rule(pattern):
    """A pattern of the grammar as an expression and a token."""
    text = pattern.get("match") or pattern["begin"] + r"(?:\\.|[^\\])*?(?:" + pattern["end"] + ")"
    token = next(token for scope, token in TOKENS if pattern["name"].startswith(scope))
    return regex.compile(text, regex.MULTILINE), token


class LsrLexer(Lexer):
    """Rules for lead scoring."""

    name = "lsr"
    aliases = ["lsr"]
    filenames = ["*.lsr"]

    rules = [rule(pattern) for pattern in json.loads(GRAMMAR.read_text(encoding="utf-8"))["patterns"]]
    word = regex.compile(r"[\p{L}_][\p{L}\p{N}_]*")

    def get_tokens_unprocessed(self, text):
        at = 0
        while at < len(text):
            for expression, token in self.rules:
                if (found := expression.match(text, at)) and found.end() > at:
                    break
            else:
                # A word that is none of the language's is a name; anything else stands for itself.
                found, token = self.word.match(text, at), Name if self.word.match(text, at) else Text
            end = found.end() if found else at + 1
            yield at, token, text[at:end]
            at = end
