//! What a place asks for, by the words before it.

use crate::analysis::Analysed;
use crate::check::{Symbol, SymbolKind};
use crate::syntax::cursor::{Block, Cursor};
use crate::value::Type;

/// What a place asks for.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// Words of the language alone.
    Nothing,
    /// A reason of a rule.
    Reasons,
    /// A file with this ending.
    Files(&'static str),
    /// An option of this type.
    Options(Type),
    /// A field of this list of events.
    Fields(String),
    /// A name that fits.
    Names(fn(&Symbol) -> bool),
}

/// A place.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// What can be written besides words of the language.
    pub(super) wanted: Wanted,
    /// Whether no word of the language fits.
    pub(super) only: bool,
    /// The list of events whose fields a `where` sees.
    pub(super) event: Option<String>,
    /// The type of the value that an operator can follow here.
    operand: Option<Type>,
}

impl Place {
    pub(super) fn of(cursor: &Cursor<'_>, program: &Analysed) -> Self {
        let view = View { before: &cursor.before, head: &cursor.head, block: cursor.block, value: cursor.value, program };
        let place = |wanted, only| Self { wanted, only, event: view.filtered(), operand: None };
        if let Some(wanted) = view.certain() {
            return place(wanted, true);
        }
        if let Some(ty) = view.opposite() {
            return place(Wanted::Options(ty), false);
        }
        if let Some(fits) = view.fitting() {
            return place(Wanted::Names(fits), view.is_formula());
        }
        let operand = view.last_type();
        match (cursor.value, operand) {
            (true, None) => place(Wanted::Names(is_value), false),
            (_, operand) => Self { operand, ..place(Wanted::Nothing, false) },
        }
    }

    /// Whether a word can follow the value before it: an operator of another type cannot.
    pub(super) fn fits_operator(&self, word: &str) -> bool {
        if matches!(self.wanted, Wanted::Options(_)) {
            return matches!(word, "known" | "unknown" | "empty" | "not" | "all" | "word" | "else");
        }
        let Some(ty) = &self.operand else { return true };
        match word {
            "contains" => matches!(ty, Type::Text | Type::SetOf(_) | Type::SetOfText),
            "starts" | "ends" | "matches" => *ty == Type::Text,
            "within" | "more" | "before" | "after" => matches!(ty, Type::Date | Type::DateTime),
            "in" => !matches!(ty, Type::Boolean | Type::SetOf(_) | Type::SetOfText),
            "does" => matches!(ty, Type::Text | Type::SetOf(_) | Type::SetOfText),
            _ => true,
        }
    }
}

/// The words before a place, and the program that gives them a meaning.
struct View<'a> {
    before: &'a [&'a str],
    head: &'a [&'a str],
    block: Block,
    /// Whether the grammar lets a name or a value follow.
    value: bool,
    program: &'a Analysed,
}

impl View<'_> {
    /// The word so many places back, 1 for the last.
    fn back(&self, places: usize) -> &str {
        self.before.len().checked_sub(places).and_then(|at| self.before.get(at)).copied().unwrap_or("")
    }

    /// What the last word alone decides.
    fn certain(&self) -> Option<Wanted> {
        let first = self.before.first().copied().unwrap_or("");
        Some(match (self.back(1), self.block) {
            ("fired", _) => Wanted::Reasons,
            ("use", Block::File) => Wanted::Files(".lsr"),
            ("from", Block::File) if first == "test" => Wanted::Files(".csv"),
            ("from", Block::File) => Wanted::Files(".txt"),
            ("stage" | "otherwise", Block::Lifecycle) => Wanted::Options(self.type_of(self.head.get(1)?)?),
            (".", _) => Wanted::Fields(self.back(2).to_owned()),
            ("lifecycle", Block::File) => {
                Wanted::Names(|symbol| is_property(symbol) && matches!(symbol.ty, Some(Type::OneOf(_))))
            }
            ("by", Block::File) => Wanted::Names(|symbol| matches!(symbol.kind, SymbolKind::Score | SymbolKind::Label)),
            ("{", Block::Test) | (",", Block::Test) if self.in_event() => Wanted::Fields(self.given_list()?),
            ("schema" | "score" | "label" | "define" | "list" | "param" | "events" | "lsr", _) => Wanted::Nothing,
            _ => return None,
        })
    }

    /// Whether the place is inside `[{ .. }]` of a test.
    fn in_event(&self) -> bool {
        let open = self.before.iter().filter(|word| **word == "{").count();
        open > self.before.iter().filter(|word| **word == "}").count()
    }

    /// The list whose events a test gives here.
    fn given_list(&self) -> Option<String> {
        let open = self.before.iter().rposition(|word| *word == "[")?;
        self.before.get(open.checked_sub(2)?).map(|word| (*word).to_owned())
    }

    /// The type of the value that stands opposite, where it has options.
    fn opposite(&self) -> Option<Type> {
        let choice = |ty: Type| (ty.options().is_some() || ty == Type::Boolean).then_some(ty);
        if self.block == Block::Match && (self.before.is_empty() || self.is_key()) {
            return choice(self.type_of(self.head.last()?)?);
        }
        let (operator, mut at) = match self.back(1) {
            "not" if self.back(2) == "is" => ("is", 3),
            word @ ("is" | "=" | "!=") => (word, 2),
            word @ ("contains" | "contain") => (word, 2),
            "all" if self.back(2) == "contains" => ("contains", 3),
            "," | "[" => {
                let open = self.before.iter().rposition(|word| *word == "[")?;
                let places = self.before.len() - open;
                return self.in_list(places + 1).and_then(choice);
            }
            _ => return None,
        };
        if operator == "contain" {
            at = 4;
        }
        choice(self.type_back(at)?)
    }

    /// Whether the words so far are keys of a line of a `match`.
    fn is_key(&self) -> bool {
        self.back(1) == "," && !self.before.contains(&":")
    }

    /// The type of the value before a list whose bracket's predecessor is so many places back.
    fn in_list(&self, mut at: usize) -> Option<Type> {
        while matches!(self.back(at), "in" | "not" | "contains" | "contain" | "all" | "does" | "=") {
            at += 1;
        }
        self.type_back(at)
    }

    /// The type of the name so many places back.
    fn type_back(&self, at: usize) -> Option<Type> {
        if self.back(at + 1) == "." {
            return self.field_type(self.back(at + 2), self.back(at));
        }
        self.type_of(self.back(at))
    }

    fn field_type(&self, list: &str, field: &str) -> Option<Type> {
        let list = self.program.schema.events.iter().find(|events| &*events.name == list)?;
        Some(list.fields.iter().find(|known| *known.name == *field)?.ty.clone())
    }

    /// The type of a name: of a field inside a `where`, else of a property, a definition or the like.
    fn type_of(&self, word: &str) -> Option<Type> {
        let word = word.trim_matches('`');
        if let Some(ty) = self.filtered().and_then(|list| self.field_type(&list, word)) {
            return Some(ty);
        }
        let symbols = self.program.names.symbols().iter();
        let mut named =
            symbols.filter(|symbol| &*symbol.name == word && !matches!(symbol.kind, SymbolKind::Field | SymbolKind::Option));
        named.find_map(|symbol| symbol.ty.clone())
    }

    /// The type of the last word, where it is a name.
    fn last_type(&self) -> Option<Type> {
        let is_name = self.back(1).starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '`');
        if is_name { self.type_back(1) } else { None }
    }

    /// The list of events whose `where` the place is in.
    fn filtered(&self) -> Option<String> {
        let at = self.before.iter().rposition(|word| *word == "where")?;
        let before = self.before.get(..at)?;
        let known = |word: &&&str| self.program.schema.events.iter().any(|events| *events.name == ***word);
        before.iter().rev().find(known).map(|word| (*word).to_owned())
    }

    /// Whether the place is in the formula of a score.
    fn is_formula(&self) -> bool {
        self.before.first() == Some(&"score") && self.block == Block::File && self.before.contains(&"=")
    }

    /// What a name must be, by the word before it.
    fn fitting(&self) -> Option<fn(&Symbol) -> bool> {
        let before_sign = self.back(2);
        Some(match self.back(1) {
            "each" if self.back(2) == "match" => |symbol| symbol.kind == SymbolKind::Events || is_set(symbol),
            "each" => |symbol| symbol.kind == SymbolKind::Events,
            "(" if is_aggregate(before_sign) => |symbol| symbol.kind == SymbolKind::Events,
            "(" if matches!(before_sign, "min" | "max") => |symbol| matches!(symbol.kind, SymbolKind::Score | SymbolKind::Events),
            "band" => |symbol| is_record(symbol) && is_ordered(symbol),
            "per" => |symbol| is_record(symbol) && is_number(symbol),
            "match" => |symbol| is_record(symbol) && is_matched(symbol),
            "since" | "until" => |symbol| is_record(symbol) && is_date(symbol),
            "of" if matches!(before_sign, "domain" | "length" | "words") => {
                |symbol| is_record(symbol) && symbol.ty == Some(Type::Text)
            }
            "of" if before_sign == "size" => |symbol| is_record(symbol) && is_set(symbol),
            "in" => |symbol| symbol.kind == SymbolKind::List,
            "max" | "min" => |symbol| symbol.kind == SymbolKind::Param,
            "+" | "-" if matches!(before_sign, "then" | ":" | "else" | "unknown") => |symbol| symbol.kind == SymbolKind::Param,
            "given" => |symbol| is_property(symbol) || symbol.kind == SymbolKind::Events,
            "," if self.block == Block::Test && self.before.first() == Some(&"given") => {
                |symbol| is_property(symbol) || symbol.kind == SymbolKind::Events
            }
            "expect" => |symbol| is_output(symbol) || is_property(symbol),
            "," if self.block == Block::Test => |symbol| is_output(symbol) || is_property(symbol),
            _ if self.is_formula() => |symbol| matches!(symbol.kind, SymbolKind::Score | SymbolKind::Param),
            _ if self.block == Block::Lifecycle && self.value && self.last_type().is_none() => {
                |symbol| is_value(symbol) || is_output(symbol)
            }
            _ => return None,
        })
    }
}

fn is_aggregate(word: &str) -> bool {
    matches!(word, "count" | "any" | "first" | "last" | "sum" | "average" | "distinct")
}

fn is_property(symbol: &Symbol) -> bool {
    symbol.kind == SymbolKind::Property
}

/// What rules of a score can see by its name, that has a type.
fn is_record(symbol: &Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Property | SymbolKind::Definition)
}

fn is_value(symbol: &Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Property | SymbolKind::Definition | SymbolKind::Param)
}

fn is_output(symbol: &Symbol) -> bool {
    matches!(symbol.kind, SymbolKind::Score | SymbolKind::Label | SymbolKind::Lifecycle | SymbolKind::Column)
}

fn is_number(symbol: &Symbol) -> bool {
    matches!(symbol.ty, Some(Type::Integer | Type::Number))
}

fn is_date(symbol: &Symbol) -> bool {
    matches!(symbol.ty, Some(Type::Date | Type::DateTime))
}

fn is_ordered(symbol: &Symbol) -> bool {
    is_number(symbol) || is_date(symbol)
}

fn is_set(symbol: &Symbol) -> bool {
    matches!(symbol.ty, Some(Type::SetOf(_) | Type::SetOfText))
}

fn is_matched(symbol: &Symbol) -> bool {
    matches!(symbol.ty, Some(Type::OneOf(_) | Type::Boolean | Type::Text | Type::Integer))
}
