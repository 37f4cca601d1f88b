//! Items and rules with places to fill in.

use super::{Proposal, ProposalKind};
use crate::syntax::cursor::Block;

/// Block, first word, name, text.
const SNIPPETS: &[(Block, &str, &str, &str)] = &[
    (Block::File, "schema", "schema ..", "schema ${1:contact} {\n  key ${2:email}: text\n  ${3:visits}: integer\n}"),
    (
        Block::File,
        "score",
        "score ..",
        "score ${1:fit} max ${2:100} {\n  if ${3:condition} then +${4:10} because \"${5:reason}\"\n}",
    ),
    (Block::File, "exclude", "exclude ..", "exclude if ${1:condition} because \"${2:reason}\""),
    (Block::File, "define", "define ..", "define ${1:name} = ${2:condition}"),
    (Block::File, "list", "list ..", "list ${1:name} = [\"${2:value}\"]"),
    (Block::File, "param", "param ..", "param ${1:name} = ${2:65}"),
    (Block::File, "label", "label ..", "label ${1:grade} by ${2:fit} {\n  ${3:50}..: A\n  ..<${3:50}: B\n}"),
    (
        Block::File,
        "lifecycle",
        "lifecycle ..",
        "lifecycle ${1:status} {\n  stage ${2:sql} when ${3:lead >= 65}\n  otherwise ${4:lead}\n}",
    ),
    (Block::File, "test", "test ..", "test \"${1:what is tested}\" {\n  given ${2:visits = 5}\n  expect ${3:fit >= 10}\n}"),
    (Block::Score, "if", "if ..", "if ${1:condition} then +${2:10} because \"${3:reason}\""),
    (Block::Score, "band", "band ..", "band ${1:employees} {\n  ..${2:49}: ${3:0}\n  ${4:50}..: +${5:10}\n}"),
    (Block::Score, "match", "match ..", "match ${1:industry} {\n  ${2:software}: +${3:10}\n  else: 0\n}"),
    (Block::Score, "each", "each ..", "each ${1:page_view} within ${2:30} days then +${3:1} max ${4:10}"),
    (Block::Score, "group", "group ..", "group \"${1:title}\" max ${2:30} {\n  $0\n}"),
    (Block::Schema, "events", "events ..", "events ${1:page_view} by \"${2:contact_id}\" {\n  at: datetime\n  ${3:url}: text\n}"),
    (Block::Lifecycle, "stage", "stage ..", "stage ${1:sql} when ${2:lead >= 65} because \"${3:reason}\""),
];

/// Whether a snippet of the block begins with a word.
pub(super) fn is_start(block: Block, word: &str) -> bool {
    SNIPPETS.iter().any(|(of, first, ..)| *of == block && *first == word)
}

/// The snippets of a block.
pub(super) fn of(block: Block) -> impl Iterator<Item = Proposal> {
    SNIPPETS.iter().filter(move |(of, ..)| *of == block).map(|(_, _, name, text)| Proposal {
        label: (*name).to_owned(),
        text: (*text).to_owned(),
        snippet: true,
        kind: ProposalKind::Snippet,
        detail: String::new(),
        docs: String::new(),
    })
}
