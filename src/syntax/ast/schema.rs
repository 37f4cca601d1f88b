//! The schema: properties, options, events.

use super::{Expr, Ident, OptionName, TextLit};
use crate::source::Span;

/// `schema contact { .. }`
#[derive(Debug, Clone)]
pub struct SchemaDecl {
    /// The schema's name.
    pub name: Ident,
    /// Its members in order.
    pub members: Vec<SchemaMember>,
    /// The closing brace.
    pub close: Span,
}

/// A line of a schema.
#[derive(Debug, Clone)]
pub struct SchemaMember {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: SchemaMemberKind,
    /// Where.
    pub span: Span,
}

/// The kinds of a schema's lines.
#[derive(Debug, Clone)]
pub enum SchemaMemberKind {
    /// `unknown values "Select", "N/A"`
    UnknownValues(Vec<TextLit>),
    /// `time zone "Europe/Paris"`
    TimeZone(TextLit),
    /// `ignore accents`
    IgnoreAccents,
    /// `numbers like "1.234,56"`
    NumbersLike(TextLit),
    /// `dates like "31/12/2026"`
    DatesLike(TextLit),
    /// `employees: integer from "Employees"`
    Property(PropertyDecl),
    /// `events page_view by "contact_id" { .. }`
    Events(EventsDecl),
}

/// A property of the schema or a field of an event.
#[derive(Debug, Clone)]
pub struct PropertyDecl {
    /// Whether `key` stands before it.
    pub key: bool,
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// What follows the type, in order.
    pub modifiers: Vec<Modifier>,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeExprKind,
    /// Where.
    pub span: Span,
}

/// The types of a schema.
#[derive(Debug, Clone)]
pub enum TypeExprKind {
    /// `text`
    Text,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `datetime`
    DateTime,
    /// `one of [..]`
    OneOf(Vec<OptionDecl>),
    /// `set of [..]`
    SetOf(Vec<OptionDecl>),
    /// `set of text`
    SetOfText,
    /// Any other word; `check` tells which types there are.
    Unknown(Ident),
}

/// An option of a schema: `finance = "Financial Services" | "FINANCE"`.
#[derive(Debug, Clone)]
pub struct OptionDecl {
    /// Its name.
    pub name: OptionName,
    /// Its forms in data.
    pub forms: Vec<TextLit>,
    /// Where.
    pub span: Span,
}

/// What can follow a property's type.
#[derive(Debug, Clone)]
pub enum Modifier {
    /// `required`
    Required(Span),
    /// `default VALUE`
    Default(Box<Expr>, Span),
    /// `from "A", "B"`
    From(Vec<TextLit>, Span),
    /// `split by ","`
    Split(TextLit, Span),
    /// `like "1.234,56"`
    Like(TextLit, Span),
}

/// `events page_view by "contact_id" to email { .. }`
#[derive(Debug, Clone)]
pub struct EventsDecl {
    /// The list's name.
    pub name: Ident,
    /// The column that refers to the record.
    pub by: Option<TextLit>,
    /// The property that it refers to, if not the key.
    pub to: Option<Ident>,
    /// The fields.
    pub fields: Vec<EventField>,
    /// The closing brace.
    pub close: Span,
}

/// A field with its documentation.
#[derive(Debug, Clone)]
pub struct EventField {
    /// The `##` lines directly above it.
    pub docs: Vec<String>,
    /// The field.
    pub property: PropertyDecl,
    /// Where.
    pub span: Span,
}
