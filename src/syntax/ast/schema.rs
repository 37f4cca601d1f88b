//! The schema: properties, options, events.

use super::{Expr, Ident, NumberLit, OptionName, TextLit};
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
    /// `numbers like "1.234,56", "45 %"`
    NumbersLike(Vec<ExampleLit>),
    /// `dates like "31/12/2026", serial`
    DatesLike(Vec<ExampleLit>),
    /// `employees: integer from "Employees"`
    Property(PropertyDecl),
    /// `events page_view by "contact_id" { .. }`
    Events(EventsDecl),
    /// `related company by "Domain" to company_domain { .. }`
    Related(RelatedDecl),
}

/// An example of how values are written in data.
#[derive(Debug, Clone)]
pub struct ExampleLit {
    /// Which.
    pub kind: ExampleKind,
    /// Where.
    pub span: Span,
}

/// The kinds of examples.
#[derive(Debug, Clone)]
pub enum ExampleKind {
    /// `"31/12/2026"`
    Text(TextLit),
    /// `serial`
    Serial,
    /// `epoch seconds`
    EpochSeconds,
}

/// A property of the schema or of a related record, or a field of an event.
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
    /// `from column 5`
    FromColumn(NumberLit, Span),
    /// `split by ","`
    Split(TextLit, Span),
    /// `like "1.234,56", "45 %"`
    Like(Vec<ExampleLit>, Span),
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

/// `related tier from "tiers.csv" by "domain" to domain of email { .. }`
#[derive(Debug, Clone)]
pub struct RelatedDecl {
    /// The related record's name.
    pub name: Ident,
    /// The file of the rules that has its rows.
    pub from: Option<TextLit>,
    /// The column that tells its rows apart.
    pub by: TextLit,
    /// Whether the domain of the property is compared, not its text.
    pub domain: bool,
    /// The property that names a row.
    pub to: Ident,
    /// Its properties.
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
