//! What is shown at a place or beside a line: hovers, completions, colours, hints, lenses and what they run.

use std::path::{Path, PathBuf};

use lsp_server::{Message, Request, Response};
use serde_json::{Value, json};

use super::Host;
use super::capabilities::commands;
use super::look::Look;
use super::session::{Refusal, Session, ShowKind};
use super::types::{
    CodeLens, CodeLensParams, Command, CompletionItem, CompletionItemKind, CompletionItemTextEdit, CompletionParams, Contents,
    Documentation, ExecuteCommandParams, HintLabel, Hover, HoverParams, InlayHint, InlayHintParams, InsertTextFormat,
    MarkupContent, MarkupKind, Range, SemanticToken, SemanticTokens, SemanticTokensParams, TextEdit, Tooltip, Uri,
};
use crate::ide::annotate::{self, LensKind};
use crate::ide::complete::{self, Known, Proposal, ProposalKind};
use crate::ide::tokens::{self, TokenKind};
use crate::ide::{hover, trials};

fn markdown(value: String) -> MarkupContent {
    MarkupContent { kind: MarkupKind::Markdown, value }
}

impl Session {
    pub(super) fn hover(&mut self, params: HoverParams) -> Result<Option<Hover>, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let about = hover::hover(&look.file(), look.offset(at.position), &look.facts());
        Ok(about
            .map(|about| Hover { contents: Contents::MarkupContent(markdown(about.text)), range: Some(look.range(about.span)) }))
    }

    /// Completions come from the text as it is, and from the names as they were last checked, so that nobody waits for a check while
    /// a word is being written.
    pub(super) fn completion(&mut self, params: CompletionParams) -> Result<Value, Refusal> {
        let at = params.text_document_position_params;
        let (key, path) = self.located(&at.text_document.uri)?;
        if self.projects.get(&key).is_some_and(|project| project.analysis.file(&path).is_none()) {
            self.check(&key, false);
        }
        let (Some(project), Some(document)) = (self.projects.get(&key), self.documents.get(&path)) else {
            return Ok(Value::Null);
        };
        let source = &document.source;
        let offset = self.client.encoding.offset(source, at.position);
        let (analysis, root) = (&project.analysis, project.root.as_deref());
        let known = Known { analysis, id: analysis.file(&path), path: &path, root, loader: &self.disk };
        let (start, proposals) = complete::complete(source.text(), offset as usize, &known);
        let range = Range {
            start: self.client.encoding.position(source, crate::invariant::number(start)),
            end: self.client.encoding.position(source, offset),
        };
        let proposals = proposals.iter().filter(|proposal| self.client.snippets || !proposal.snippet);
        let items: Vec<CompletionItem> = proposals.map(|proposal| completion_item(proposal, range)).collect();
        Ok(json!({"isIncomplete": false, "items": items}))
    }

    pub(super) fn semantic_tokens(&mut self, params: SemanticTokensParams) -> Result<SemanticTokens, Refusal> {
        let look = self.look(&params.text_document.uri)?;
        let (mut line, mut character) = (0, 0);
        let mut data = Vec::new();
        for token in tokens::tokens(&look.file()) {
            let range = look.range(token.span);
            let on_line = if range.start.line == line { character } else { 0 };
            let kind = TokenKind::ALL.iter().position(|kind| *kind == token.kind).unwrap_or_default();
            data.push(SemanticToken {
                delta_line: range.start.line - line,
                delta_start: range.start.character - on_line,
                length: range.end.character.saturating_sub(range.start.character),
                token_type: crate::invariant::number(kind),
                token_modifiers_bitset: u32::from(token.declared),
            });
            (line, character) = (range.start.line, range.start.character);
        }
        Ok(SemanticTokens { result_id: None, data })
    }

    pub(super) fn inlay_hints(&mut self, params: InlayHintParams) -> Result<Vec<InlayHint>, Refusal> {
        // A client that does not ask again gets all at once.
        let (key, _) = self.located(&params.text_document.uri)?;
        self.look(&params.text_document.uri)?;
        if let Some(project) = self.projects.get_mut(&key).filter(|_| !self.client.refreshes[0]) {
            while project.is_shallow() {
                project.deepen(&self.disk);
            }
        }
        let look = self.look(&params.text_document.uri)?;
        let wanted = look.encoding().bytes(look.source, params.range);
        let hidden = &look.session.client.hidden_hints;
        let hints = annotate::hints(&look.file(), &look.facts()).into_iter();
        let shown = hints.filter(|hint| wanted.start <= hint.at && hint.at <= wanted.end);
        let shown = shown.filter(|hint| !hidden.iter().any(|kind| kind == hint.kind.name()));
        let hints = shown.map(|hint| InlayHint {
            position: look.encoding().position(look.source, hint.at),
            label: HintLabel::String(hint.text),
            kind: None,
            text_edits: None,
            tooltip: Some(Tooltip::String(hint.more)),
            padding_left: Some(true),
            padding_right: Some(true),
            data: None,
        });
        Ok(hints.collect())
    }

    pub(super) fn code_lenses(&mut self, params: CodeLensParams) -> Result<Vec<CodeLens>, Refusal> {
        let uri = params.text_document.uri;
        let look = self.look(&uri)?;
        let entry = look.file().sound().map(|(program, _)| program.entry.clone()).unwrap_or_default();
        let verdict = |name: &str| look.project.verdicts.get(&(entry.clone(), name.to_owned())).cloned();
        let lenses = annotate::lenses(&look.file(), &look.facts(), &verdict).into_iter();
        let offered = lenses.filter(|lens| match lens.kind {
            LensKind::Refresh | LensKind::Diff => look.project.root.is_some(),
            LensKind::Contacts(..) => look.project.root.is_some() && look.session.client.contacts,
            LensKind::RunTest(_) | LensKind::RunTests => true,
        });
        Ok(offered.map(|lens| lens_item(&look, &uri, lens)).collect())
    }

    /// Runs a command of a lens; what comes of it is shown as a message, and the lenses are asked for again.
    pub(super) fn execute(&mut self, request: Request) -> Vec<Message> {
        let mut shown = Vec::new();
        let mut messages = self.with(request, |session, params: ExecuteCommandParams| {
            let (kind, text) = match session.command(&params) {
                Ok(text) => (ShowKind::Info, text),
                Err(Refusal { message, .. }) => (ShowKind::Error, message),
            };
            shown.push(Self::show(kind, &text));
            Ok(text)
        });
        if let Some(uri) = self.opening.take() {
            shown.push(self.ask("window/showDocument", json!({"uri": uri})));
        }
        if self.client.refreshes[1] {
            shown.push(self.ask("workspace/codeLens/refresh", Value::Null));
        }
        let answer = messages.pop().into_iter();
        shown.into_iter().chain(answer.filter(|message| matches!(message, Message::Response(Response { .. })))).collect()
    }

    fn command(&mut self, params: &ExecuteCommandParams) -> Result<String, Refusal> {
        let arguments = params.arguments.as_deref().unwrap_or_default();
        let text = |at: usize| arguments.get(at).and_then(Value::as_str);
        let uri = text(0).and_then(|uri| Uri::parse(uri).ok());
        let uri = uri.ok_or_else(|| Refusal::failed(format!("`{}` needs the address of a document", params.command)))?;
        match params.command.as_str() {
            commands::RUN_TEST => {
                let name = text(1).ok_or_else(|| Refusal::failed("the name of the test is missing"))?;
                self.run_tests(&uri, Some(name))
            }
            commands::RUN_TESTS => self.run_tests(&uri, None),
            commands::REFRESH => self.refresh(&uri),
            commands::DIFF => {
                let path = self.written(&uri, |host, root, entry| host.difference(root, entry))?;
                Ok(format!("the difference is in `{}`", path.display()))
            }
            commands::CONTACTS => {
                let line = arguments.get(1).and_then(Value::as_u64).and_then(|line| usize::try_from(line).ok());
                let line = line.ok_or_else(|| Refusal::failed("the line of the rule is missing"))?;
                let path = self.written(&uri, |host, root, entry| host.contacts(root, entry, line, text(2)))?;
                Ok(format!("the contacts are in `{}`", path.display()))
            }
            other => Err(Refusal::failed(format!("`{other}` is not a command of this server"))),
        }
    }

    /// What the program around the session writes for a document; a client that shows documents is asked to.
    fn written(
        &mut self,
        uri: &Uri,
        write: impl FnOnce(&dyn Host, &Path, &Path) -> Result<PathBuf, String>,
    ) -> Result<PathBuf, Refusal> {
        let look = self.look(uri)?;
        let file = look.file();
        let (program, _) = file.sound().ok_or_else(has_errors)?;
        let root = look.project.root.as_deref().ok_or_else(no_project)?;
        look.saved()?;
        let path = write(&*look.session.host, root, &program.entry).map_err(Refusal::failed)?;
        self.opening = super::uri::of(&path).filter(|_| self.client.shows);
        Ok(path)
    }

    fn run_tests(&mut self, uri: &Uri, name: Option<&str>) -> Result<String, Refusal> {
        let look = self.look(uri)?;
        let file = look.file();
        let (program, _) = file.sound().ok_or_else(has_errors)?;
        let rules = program.rules.as_ref().ok_or_else(has_errors)?;
        let entry = program.entry.clone();
        let verdicts = trials::run(rules.model(), rules.sources(), name);
        let (key, _) = self.located(uri)?;
        let failed: Vec<&(String, Vec<String>)> = verdicts.iter().filter(|(_, failures)| !failures.is_empty()).collect();
        let text = match failed.as_slice() {
            [] if verdicts.is_empty() => "the file does not have this test".to_owned(),
            [] => crate::report::plain::of(verdicts.len() as u64, "test passed", "tests passed"),
            [(name, failures), ..] => {
                let counted = crate::report::plain::of(failed.len() as u64, "test failed", "tests failed");
                format!("{counted} of {}: \"{name}\": {}", verdicts.len(), failures.join("; "))
            }
        };
        if let Some(project) = self.projects.get_mut(&key) {
            project.verdicts.extend(verdicts.into_iter().map(|(name, failures)| ((entry.clone(), name), failures)));
        }
        Ok(text)
    }

    fn refresh(&mut self, uri: &Uri) -> Result<String, Refusal> {
        let look = self.look(uri)?;
        let file = look.file();
        let (program, _) = file.sound().ok_or_else(has_errors)?;
        let root = look.project.root.clone().ok_or_else(no_project)?;
        look.saved()?;
        let text = look.session.host.refresh(&root, &program.entry).map_err(Refusal::failed)?;
        let (key, _) = self.located(uri)?;
        self.disk.forget(&root.join(crate::hits::FILE));
        if let Some(project) = self.projects.get_mut(&key) {
            project.count_again();
        }
        Ok(text)
    }
}

fn no_project() -> Refusal {
    Refusal::failed("the file is not in a project: add a `lsrc.toml` to its folder")
}

fn has_errors() -> Refusal {
    Refusal::failed("the rules have errors: fix them first")
}

fn completion_item(proposal: &Proposal, range: Range) -> CompletionItem {
    let kind = match proposal.kind {
        ProposalKind::Option => CompletionItemKind::EnumMember,
        ProposalKind::Property => CompletionItemKind::Property,
        ProposalKind::Variable => CompletionItemKind::Variable,
        ProposalKind::Output => CompletionItemKind::Function,
        ProposalKind::Reason | ProposalKind::Finding => CompletionItemKind::Value,
        ProposalKind::File => CompletionItemKind::File,
        ProposalKind::Keyword => CompletionItemKind::Keyword,
        ProposalKind::Snippet => CompletionItemKind::Snippet,
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    CompletionItem {
        label: proposal.label.clone(),
        kind: Some(kind),
        detail: text(&proposal.detail),
        documentation: text(&proposal.docs).map(|docs| Documentation::MarkupContent(markdown(docs))),
        sort_text: Some(format!("{}{}", proposal.kind as u8, proposal.label)),
        insert_text_format: proposal.snippet.then_some(InsertTextFormat::Snippet),
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range, new_text: proposal.text.clone() })),
        ..CompletionItem::default()
    }
}

fn lens_item(look: &Look<'_>, uri: &Uri, lens: annotate::Lens) -> CodeLens {
    let at = look.encoding().position(look.source, lens.span.start);
    let (command, more) = match lens.kind {
        LensKind::RunTest(name) => (commands::RUN_TEST, vec![json!(name)]),
        LensKind::RunTests => (commands::RUN_TESTS, Vec::new()),
        LensKind::Refresh => (commands::REFRESH, Vec::new()),
        LensKind::Diff => (commands::DIFF, Vec::new()),
        LensKind::Contacts(line, because) => (commands::CONTACTS, vec![json!(line), json!(because)]),
    };
    let arguments = std::iter::once(json!(uri)).chain(more).collect();
    let command = Command { title: lens.title, command: command.to_owned(), arguments: Some(arguments), tooltip: None };
    CodeLens { range: Range { start: at, end: at }, command: Some(command), data: None }
}
