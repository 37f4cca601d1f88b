//! Questions of an editor about a place in a text.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::request::Request;
use super::units::{byte, range, utf16};
use super::{rules, texts};
use crate::analysis::{Analysis, Ranges};
use crate::check::{Loader as _, Texts};
use crate::failure::Failure;
use crate::ide::annotate::{self, Facts};
use crate::ide::complete::{self, Known, ProposalKind};
use crate::ide::{File, fix, hover as ide_hover};
use crate::invariant::number;
use crate::source::Span;
use crate::syntax::Parsed;

/// A file of an analysis, with what answers need of it.
struct Open<'a> {
    analysis: &'a Analysis,
    id: crate::source::FileId,
    text: &'a str,
    parsed: Arc<Parsed>,
    texts: Texts,
}

impl<'a> Open<'a> {
    fn new(analysis: &'a Analysis, request: &Request) -> Result<Self, Failure> {
        let path = Path::new(request.file()?);
        let unknown = || Failure::new(format!("`{}` is not a rule file", path.display())).help("its name must end in `.lsr`");
        let id = analysis.file(path).ok_or_else(unknown)?;
        let source = analysis.sources.get(id).ok_or_else(unknown)?;
        let texts = texts(&request.files);
        let parsed = texts.parse(path, id, source.text());
        Ok(Self { analysis, id, text: source.text(), parsed, texts })
    }

    fn file(&self) -> Result<File<'_>, Failure> {
        let source = self.analysis.sources.get(self.id).ok_or_else(|| Failure::new("the file is gone"))?;
        Ok(File { analysis: self.analysis, id: self.id, source, parsed: &self.parsed })
    }

    fn offset(&self, unit: Option<usize>) -> u32 {
        number(unit.map_or(0, |unit| byte(self.text, unit)))
    }
}

/// What there is to say about a place, in Markdown.
pub(super) fn hover(analysis: &Analysis, request: &Request) -> Result<Value, Failure> {
    let open = Open::new(analysis, request)?;
    let ranges = BTreeMap::new();
    let facts = Facts { ranges: &ranges, hits: None, loader: &open.texts };
    let about = ide_hover::hover(&open.file()?, open.offset(request.at), &facts);
    Ok(about.map_or(Value::Null, |about| {
        let (from, to) = range(&analysis.sources, about.span);
        json!({"text": about.text, "from": from, "to": to})
    }))
}

/// What can be written at a place. The analysis may be of an earlier state of the text.
pub(super) fn complete(analysis: &Analysis, request: &Request) -> Result<Value, Failure> {
    let path = request.file()?;
    let text = request.files.get(path).ok_or_else(|| Failure::new(format!("`files` has no `{path}`")))?;
    let offset = byte(text, request.at.unwrap_or(text.len()));
    let (path, texts) = (Path::new(path), texts(&request.files));
    let known = Known { analysis, id: analysis.file(path), path, root: Some(Path::new("")), loader: &texts };
    let (start, proposals) = complete::complete(text, offset, &known);
    let proposals = proposals.into_iter().map(|it| {
        json!({
            "label": it.label, "text": it.text, "snippet": it.snippet, "kind": kind(it.kind), "detail": it.detail, "docs": it.docs,
        })
    });
    Ok(json!({"from": utf16(text, number(start)), "to": utf16(text, number(offset)), "proposals": proposals.collect::<Vec<_>>()}))
}

const fn kind(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Option => "option",
        ProposalKind::Property => "property",
        ProposalKind::Variable => "variable",
        ProposalKind::Output => "output",
        ProposalKind::Reason => "reason",
        ProposalKind::File => "file",
        ProposalKind::Finding => "finding",
        ProposalKind::Keyword => "keyword",
        ProposalKind::Snippet => "snippet",
    }
}

/// What can be done about the findings that touch a range.
pub(super) fn actions(analysis: &Analysis, request: &Request) -> Result<Value, Failure> {
    let open = Open::new(analysis, request)?;
    let start = open.offset(request.at);
    let end = open.offset(request.to.or(request.at)).max(start);
    let actions = fix::actions(&open.file()?, Span::new(open.id, start, end)).into_iter().map(|it| {
        let edits = it.edits.iter().map(|edit| rules::edit(&analysis.sources, edit)).collect::<Vec<_>>();
        json!({"title": it.title, "finding": it.finding.code.name(), "preferred": it.preferred, "edits": edits})
    });
    Ok(json!({"actions": actions.collect::<Vec<_>>()}))
}

/// What stands beside the lines: ranges of scores, values of params, points that fade.
pub(super) fn hints(analysis: &Analysis, request: &Request) -> Result<Value, Failure> {
    let open = Open::new(analysis, request)?;
    let file = open.file()?;
    let mut ranges = BTreeMap::new();
    if let Some((program, rules)) = file.sound().and_then(|(program, _)| Some((program, program.rules.as_ref()?))) {
        ranges.insert(program.entry.clone(), Ranges::of(rules.model()));
    }
    let facts = Facts { ranges: &ranges, hits: None, loader: &open.texts };
    let hints = annotate::hints(&file, &facts)
        .into_iter()
        .map(|it| json!({"at": utf16(open.text, it.at), "text": it.text, "more": it.more, "kind": it.kind.name()}));
    Ok(json!({"hints": hints.collect::<Vec<_>>()}))
}
