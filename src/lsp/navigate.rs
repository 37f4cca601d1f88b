//! Names and structure: definitions, references, renaming, symbols, folding, selection.

use std::path::Path;

use serde_json::{Value, json};

use super::diagnostics::path_of;
use super::look::Look;
use super::session::{Refusal, Session};
use super::types::{
    DefinitionParams, DocumentHighlight, DocumentHighlightParams, DocumentSymbol, DocumentSymbolParams, FoldingRange,
    FoldingRangeKind, FoldingRangeParams, Location, PrepareRenameParams, ReferenceParams, RenameParams, SelectionRange,
    SelectionRangeParams, SymbolKind, WorkspaceSymbolParams,
};
use crate::analysis::{Configs, Options, analyse};
use crate::check;
use crate::ide::outline::{Entry, EntryKind, outline};
use crate::ide::{names, structure};
use crate::source::Span;

impl Session {
    pub(super) fn definition(&mut self, params: DefinitionParams) -> Result<Option<Location>, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let declared = names::definition(&look.file(), look.offset(at.position));
        Ok(declared.and_then(|span| look.terms().location(span)))
    }

    pub(super) fn references(&mut self, params: ReferenceParams) -> Result<Vec<Location>, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let offset = look.offset(at.position);
        let declared = names::definition(&look.file(), offset).filter(|_| !params.context.include_declaration);
        let spans = names::references(&look.file(), offset).into_iter().filter(|span| Some(*span) != declared);
        Ok(spans.filter_map(|span| look.terms().location(span)).collect())
    }

    pub(super) fn highlights(&mut self, params: DocumentHighlightParams) -> Result<Vec<DocumentHighlight>, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let spans = names::references(&look.file(), look.offset(at.position));
        let here = spans.into_iter().filter(|span| span.file == look.id);
        Ok(here.map(|span| DocumentHighlight { range: look.range(span), kind: None }).collect())
    }

    pub(super) fn prepare_rename(&mut self, params: PrepareRenameParams) -> Result<Value, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let mention = names::renamed(&look.file(), look.offset(at.position)).map_err(Refusal::failed)?;
        Ok(json!({"range": look.range(mention.span), "placeholder": &*mention.symbol.name}))
    }

    pub(super) fn rename(&mut self, params: RenameParams) -> Result<Value, Refusal> {
        let at = params.text_document_position_params;
        let look = self.look(&at.text_document.uri)?;
        let offset = look.offset(at.position);
        let analysis = &look.project.analysis;
        let entries: Vec<_> = analysis.programs.iter().map(|program| program.entry.clone()).collect();
        let disk = &look.session.disk;
        let errors = Options { errors_only: true, ..Options::default() };
        let mut changed = Vec::new();
        let edits = names::rename(&look.file(), offset, &params.new_name, &mut |texts| {
            for (id, text) in texts {
                if let Some(file) = analysis.sources.get(*id) {
                    disk.put(&path_of(file), text.clone().into_bytes());
                    changed.push(path_of(file));
                }
            }
            analyse(disk, &entries, &mut Configs::on_disk(None), errors).unwrap_or_default()
        });
        let result = edits.map(|edits| look.workspace_edit(edits.values().flatten()));
        changed.iter().for_each(|path| look.session.restore(path));
        result.map_err(Refusal::failed)
    }

    pub(super) fn document_symbols(&mut self, params: DocumentSymbolParams) -> Result<Vec<DocumentSymbol>, Refusal> {
        let look = self.look(&params.text_document.uri)?;
        Ok(outline(&look.parsed, look.source).iter().map(|entry| symbol(&look, entry)).collect())
    }

    pub(super) fn workspace_symbols(&mut self, params: WorkspaceSymbolParams) -> Result<Vec<Value>, Refusal> {
        let keys: Vec<_> = self.projects.keys().cloned().collect();
        let mut found = Vec::new();
        for key in keys {
            self.check(&key, false);
            let Some(project) = self.projects.get(&key) else { continue };
            let sources = &project.analysis.sources;
            let terms = super::diagnostics::Terms { client: &self.client, sources, uri: &self.documents };
            let symbols = names::search(&project.analysis, &params.query).into_iter().filter_map(|(symbol, span)| {
                let container = sources.name(span);
                let container = Path::new(container).file_name().map(|name| name.to_string_lossy().into_owned());
                Some(json!({
                    "name": &*symbol.name, "kind": declared_kind(symbol.kind), "location": terms.location(span)?,
                    "containerName": container,
                }))
            });
            found.extend(symbols);
        }
        Ok(found)
    }

    pub(super) fn folding(&mut self, params: FoldingRangeParams) -> Result<Vec<FoldingRange>, Refusal> {
        let look = self.look(&params.text_document.uri)?;
        let folds = structure::folds(&look.parsed, look.source).into_iter().map(|fold| FoldingRange {
            start_line: crate::invariant::number(fold.first),
            end_line: crate::invariant::number(fold.last),
            kind: fold.comment.then_some(FoldingRangeKind::Comment),
            ..FoldingRange::default()
        });
        Ok(folds.collect())
    }

    pub(super) fn selection(&mut self, params: SelectionRangeParams) -> Result<Vec<SelectionRange>, Refusal> {
        let look = self.look(&params.text_document.uri)?;
        let ranges = params.positions.iter().map(|position| {
            let spans = structure::selections(&look.parsed, look.source, look.offset(*position));
            let grown = spans
                .iter()
                .rev()
                .fold(None, |parent, span| Some(SelectionRange { range: look.range(*span), parent: parent.map(Box::new) }));
            let here = look.offset(*position);
            grown.unwrap_or_else(|| SelectionRange { range: look.range(Span::new(look.id, here, here)), parent: None })
        });
        Ok(ranges.collect())
    }
}

#[expect(deprecated, reason = "the type has the member, which is left empty")]
fn symbol(look: &Look<'_>, entry: &Entry) -> DocumentSymbol {
    let children: Vec<_> = entry.children.iter().map(|child| symbol(look, child)).collect();
    DocumentSymbol {
        name: entry.name.clone(),
        detail: None,
        kind: match entry.kind {
            EntryKind::Schema => SymbolKind::Class,
            EntryKind::Property => SymbolKind::Property,
            EntryKind::Events | EntryKind::Related => SymbolKind::Struct,
            EntryKind::List => SymbolKind::Array,
            EntryKind::Param => SymbolKind::Constant,
            EntryKind::Definition => SymbolKind::Variable,
            EntryKind::Score => SymbolKind::Function,
            EntryKind::Rule | EntryKind::Exclusion => SymbolKind::Event,
            EntryKind::Group | EntryKind::Rollup => SymbolKind::Namespace,
            EntryKind::Label | EntryKind::Lifecycle => SymbolKind::Enum,
            EntryKind::Stage => SymbolKind::EnumMember,
            EntryKind::Test => SymbolKind::Method,
        },
        tags: None,
        deprecated: None,
        range: look.range(entry.span),
        selection_range: look.range(entry.name_span),
        children: (!children.is_empty()).then_some(children),
    }
}

const fn declared_kind(kind: check::SymbolKind) -> SymbolKind {
    match kind {
        check::SymbolKind::Property | check::SymbolKind::Field => SymbolKind::Property,
        check::SymbolKind::Events | check::SymbolKind::Related => SymbolKind::Struct,
        check::SymbolKind::Rollup => SymbolKind::Namespace,
        check::SymbolKind::Definition => SymbolKind::Variable,
        check::SymbolKind::List => SymbolKind::Array,
        check::SymbolKind::Param => SymbolKind::Constant,
        check::SymbolKind::Score | check::SymbolKind::Column => SymbolKind::Function,
        check::SymbolKind::Label | check::SymbolKind::Lifecycle => SymbolKind::Enum,
        check::SymbolKind::Option => SymbolKind::EnumMember,
    }
}
