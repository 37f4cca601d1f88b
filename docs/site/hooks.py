"""What MkDocs asks while it builds: the lexer of `.lsr`, and links to files of the repository outside of `docs/`."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import lsr_lexer
import pygments.lexers._mapping

DOCS = pathlib.Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
FENCE = re.compile(r"^```lsr .*$", re.MULTILINE)


def on_startup(**_):
    """Makes the lexer known to Pygments, which finds lexers in a table."""
    lexer = lsr_lexer.LsrLexer
    pygments.lexers._mapping.LEXERS["LsrLexer"] = ("lsr_lexer", lexer.name, tuple(lexer.aliases), tuple(lexer.filenames), ())


def on_page_markdown(markdown, page, **_):
    """The page without what only the tests read, and with the names of files where a link leaves the site."""
    here = (DOCS / page.file.src_uri).parent

    def link(found):
        words, target = found.groups()
        if re.match(r"[a-z]+:", target) or (here / target).resolve().is_relative_to(DOCS):
            return found.group(0)
        path = (here / target).resolve().relative_to(DOCS.parent)
        return f"{words} (`{path}` in the repository)"

    markdown = FENCE.sub("```lsr", markdown)
    markdown = re.sub(r"^```console .*$", "```console", markdown, flags=re.MULTILINE)
    return LINK.sub(link, markdown)
