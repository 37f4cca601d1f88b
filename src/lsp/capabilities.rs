//! What the client can do, and what the server says that it can.

use serde_json::{Value, json};

use super::position::Encoding;
use crate::ide::tokens::TokenKind;

/// What the client said of itself.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// What columns count.
    pub(super) encoding: Encoding,
    /// Whether it watches files when it is asked to.
    pub(super) watches: bool,
    /// Whether it asks again for hints, lenses and colours when it is told to.
    pub(super) refreshes: [bool; 2],
    /// Whether completions may be snippets.
    pub(super) snippets: bool,
    /// Whether it shows documents when it is asked to.
    pub(super) shows: bool,
    /// Where the pages of findings are, up to the name of a page.
    pub(super) pages: Option<String>,
    /// The kinds of hints that are switched off.
    pub(super) hidden_hints: Vec<String>,
    /// Whether a lens above each rule says how many records it hit.
    pub(super) contacts: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf16,
            watches: false,
            refreshes: [false; 2],
            snippets: false,
            shows: false,
            pages: None,
            hidden_hints: Vec::new(),
            contacts: true,
        }
    }
}

impl Client {
    /// Reads the params of `initialize`; what is not there, or is of another form, is not offered.
    pub(super) fn of(params: &Value) -> Self {
        let can = |path: &str| params.pointer(&format!("/capabilities/{path}")).and_then(Value::as_bool).unwrap_or(false);
        let encodings = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        let utf8 = encodings.is_some_and(|all| all.iter().any(|encoding| encoding == "utf-8"));
        let options = params.get("initializationOptions").unwrap_or(&Value::Null);
        let mut client = Self {
            encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
            watches: can("workspace/didChangeWatchedFiles/dynamicRegistration"),
            refreshes: [can("workspace/inlayHint/refreshSupport"), can("workspace/codeLens/refreshSupport")],
            snippets: can("textDocument/completion/completionItem/snippetSupport"),
            shows: can("window/showDocument/support"),
            pages: options.get("pages").and_then(Value::as_str).map(str::to_owned),
            hidden_hints: Vec::new(),
            contacts: true,
        };
        client.configure(options);
        client
    }

    /// Reads settings: `{"inlayHints": {"hits": false}}`.
    pub(super) fn configure(&mut self, settings: &Value) {
        self.contacts = settings.pointer("/codeLens/contacts") != Some(&Value::Bool(false));
        if let Some(hints) = settings.get("inlayHints").and_then(Value::as_object) {
            self.hidden_hints =
                hints.iter().filter(|(_, shown)| **shown == Value::Bool(false)).map(|(kind, _)| kind.clone()).collect();
        }
    }
}

/// The commands that lenses and actions call.
pub(super) mod commands {
    /// Runs a test: address, name.
    pub(crate) const RUN_TEST: &str = "lsrc.runTest";
    /// Runs all tests: address.
    pub(crate) const RUN_TESTS: &str = "lsrc.runTests";
    /// Scores the data again: address.
    pub(crate) const REFRESH: &str = "lsrc.refreshHits";
    /// Lists the records that a rule hit: address, line from 1, reason.
    pub(crate) const CONTACTS: &str = "lsrc.showContacts";
    /// Shows what changed since the last commit: address.
    pub(crate) const DIFF: &str = "lsrc.diff";
}

/// The kind of the action that makes all safe fixes.
pub(super) const FIX_ALL: &str = "source.fixAll.lsrc";

/// The answer to `initialize`.
pub(super) fn offer(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding.name(),
            "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
            "hoverProvider": true,
            "completionProvider": {"triggerCharacters": [" ", "[", ".", "\"", "("], "resolveProvider": false},
            "definitionProvider": true,
            "referencesProvider": true,
            "documentHighlightProvider": true,
            "documentSymbolProvider": true,
            "workspaceSymbolProvider": true,
            "codeActionProvider": {"codeActionKinds": ["quickfix", FIX_ALL]},
            "codeLensProvider": {"resolveProvider": false},
            "documentFormattingProvider": true,
            "documentRangeFormattingProvider": true,
            "renameProvider": {"prepareProvider": true},
            "foldingRangeProvider": true,
            "selectionRangeProvider": true,
            "inlayHintProvider": {"resolveProvider": false},
            "semanticTokensProvider": {
                "legend": {"tokenTypes": TokenKind::ALL.map(token_type), "tokenModifiers": ["declaration"]},
                "full": true,
            },
            "executeCommandProvider": {
                "commands": [commands::RUN_TEST, commands::RUN_TESTS, commands::REFRESH, commands::DIFF, commands::CONTACTS],
            },
            "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
        },
        "serverInfo": {"name": "lsrc", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// The protocol's name of a kind of word.
const fn token_type(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Keyword => "keyword",
        TokenKind::Property => "property",
        TokenKind::Option => "enumMember",
        TokenKind::Output => "function",
        TokenKind::Variable => "variable",
        TokenKind::Text => "string",
        TokenKind::Number => "number",
        TokenKind::Pattern => "regexp",
        TokenKind::Comment => "comment",
    }
}

/// The files that the client is asked to watch: rules, lists, tables of tests, configuration and hits.
pub(super) fn watched() -> Value {
    let globs = ["**/*.lsr", "**/*.txt", "**/*.csv", "**/lsrc.toml", "**/.lsrc/hits.json"];
    let watchers = globs.map(|glob| json!({"globPattern": glob}));
    json!({"registrations": [{
        "id": "lsrc-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": {"watchers": watchers},
    }]})
}
