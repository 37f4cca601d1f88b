//! The types of the protocol: the one file that names the crate which they come from.

pub(super) use lsp_types::{
    Code as DiagnosticCode, CodeActionParams, CodeDescription, CodeLens, Command, CompletionItem, CompletionItemKind,
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams, CompletionParams, CompletionItemTextEdit, Contents, DocumentHighlight, DocumentHighlightParams, DefinitionParams, Documentation, DocumentFormattingParams, DocumentRangeFormattingParams, DocumentSymbol,
    DocumentSymbolParams, ExecuteCommandParams, FileChangeType, FoldingRange, FoldingRangeKind, FoldingRangeParams, Hover, HoverParams, InlayHint,
    InlayHintParams, InsertTextFormat, Label as HintLabel, Location, MarkupContent, MarkupKind, Message as DiagnosticMessage, Position,
    PublishDiagnosticsParams, Range, ReferenceParams, RenameParams, SelectionRange, SelectionRangeParams, SemanticToken, SemanticTokens, SemanticTokensParams, PrepareRenameParams, CodeLensParams, Tooltip,
    SymbolKind, TextDocumentContentChangeEvent, TextEdit, Uri, WorkspaceSymbolParams,
};
