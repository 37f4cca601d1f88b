//! Which request is answered where.

use lsp_server::{Message, Request};

use super::session::Session;

impl Session {
    /// Answers a request; `None` for one that the server does not know.
    pub(super) fn answer(&mut self, request: Request) -> Option<Vec<Message>> {
        Some(match request.method.as_str() {
            "textDocument/formatting" => self.with(request, Self::format),
            "textDocument/rangeFormatting" => self.with(request, Self::format_range),
            "textDocument/codeAction" => self.with(request, Self::code_actions),
            "textDocument/hover" => self.with(request, Self::hover),
            "textDocument/completion" => self.with(request, Self::completion),
            "textDocument/definition" => self.with(request, Self::definition),
            "textDocument/references" => self.with(request, Self::references),
            "textDocument/documentHighlight" => self.with(request, Self::highlights),
            "textDocument/prepareRename" => self.with(request, Self::prepare_rename),
            "textDocument/rename" => self.with(request, Self::rename),
            "textDocument/documentSymbol" => self.with(request, Self::document_symbols),
            "workspace/symbol" => self.with(request, Self::workspace_symbols),
            "textDocument/foldingRange" => self.with(request, Self::folding),
            "textDocument/selectionRange" => self.with(request, Self::selection),
            "textDocument/semanticTokens/full" => self.with(request, Self::semantic_tokens),
            "textDocument/inlayHint" => self.with(request, Self::inlay_hints),
            "textDocument/codeLens" => self.with(request, Self::code_lenses),
            "workspace/executeCommand" => self.execute(request),
            _ => return None,
        })
    }
}
