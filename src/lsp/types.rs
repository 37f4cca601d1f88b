//! The types of the protocol: the one file that names the crate which they come from.

pub(super) use lsp_types::{
    Code as DiagnosticCode, CodeActionParams, CodeDescription, CodeLens, CodeLensParams, Command, CompletionItem,
    CompletionItemKind, CompletionItemTextEdit, CompletionParams, Contents, DefinitionParams, Diagnostic,
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentFormattingParams, DocumentHighlight, DocumentHighlightParams, DocumentRangeFormattingParams, DocumentSymbol,
    DocumentSymbolParams, Documentation, ExecuteCommandParams, FileChangeType, FoldingRange, FoldingRangeKind,
    FoldingRangeParams, Hover, HoverParams, InlayHint, InlayHintParams, InsertTextFormat, Label as HintLabel, Location,
    MarkupContent, MarkupKind, Message as DiagnosticMessage, Position, PrepareRenameParams, PublishDiagnosticsParams, Range,
    ReferenceParams, RenameParams, SelectionRange, SelectionRangeParams, SemanticToken, SemanticTokens, SemanticTokensParams,
    SymbolKind, TextDocumentContentChangeEvent, TextEdit, Tooltip, Uri, WorkspaceSymbolParams,
};
