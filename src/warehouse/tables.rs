//! Which column of a table is which property, and how the query of `sql` is put over the tables as they are.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Address, Client, Fault, Storage, TableColumn};
use crate::input::{
    Headers, Match, MissingColumns, MissingField, MissingKey, MissingProperty, Needs, ReadOptions, candidates, reference,
    related_key, related_property,
};
use crate::schema::{EventId, EventList, FieldId, PropId, Property, Related, RelatedId, Schema};
use crate::sql::DialectName;
use crate::value::Type;

/// What is read, and from which tables.
#[derive(Debug, Clone, Copy)]
pub struct Needed<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The properties and fields that are read.
    pub needs: &'a Needs,
    /// What may be missing.
    pub options: &'a ReadOptions,
    /// Where the records are.
    pub records: &'a Address,
    /// The tables of events that were named.
    pub events: &'a [(EventId, String)],
    /// The tables of related records that were named.
    pub related: &'a [(RelatedId, String)],
}

/// The tables of a model: steps to stand before those of the query, each a table whose columns bear the names of the properties.
#[derive(Debug, Default)]
pub struct Tables {
    /// The name of the step of the records.
    pub records: String,
    /// The names of the steps of the events.
    pub events: Vec<(EventId, String)>,
    /// The names of the steps of the related records.
    pub related: Vec<(RelatedId, String)>,
    /// What may be missing and is.
    pub lacking: Vec<String>,
    /// The key's column in the step of the records.
    pub key: Option<String>,
    /// Names and texts of the steps.
    steps: Vec<(String, String)>,
    /// Conditions under which a cell is not what the schema reads, for databases whose columns have no types of their own.
    pub checks: Vec<Check>,
}

/// Cells that do not have the type that the schema reads.
#[derive(Debug, Clone)]
pub struct Check {
    /// The event list, if it is a field's.
    pub event: Option<String>,
    /// The property or field.
    pub property: String,
    /// The column.
    pub column: String,
    /// What was expected, in words.
    pub expected: &'static str,
    /// The table as a query names it.
    pub table: String,
    /// Whether a cell is wrong.
    pub wrong: String,
}

/// Why tables cannot be read: something is not there, or something else is wrong.
#[derive(Debug)]
pub enum Trouble {
    /// Columns or events are missing.
    Missing(Box<MissingColumns>),
    /// Something else.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Finds what is needed in the tables.
///
/// # Errors
/// What is missing and not allowed to be; columns of types that the schema does not read.
pub fn reading(client: &mut dyn Client, needed: Needed<'_>) -> Result<Tables, Trouble> {
    let Needed { schema, needs, options, records, .. } = needed;
    let mut missing = MissingColumns::default();
    let mut tables = Tables { records: "lsrc_records".to_owned(), ..Tables::default() };
    let table = records.table().unwrap_or_default();
    let own = Table::of(client, schema, table, format!("`{table}`"))?;
    let file = PathBuf::from(records.shown());
    let mut columns = Vec::new();
    for id in properties(needed) {
        let Some(property) = schema.property(id) else { continue };
        match own.column(property)? {
            Some(column) => columns.push(own.reading(&property.name, property, column, None, &mut tables.checks)?),
            None => {
                columns.push(own.nothing(&property.name, property));
                tables.lacking.push(property.name.to_string());
                if !options.allow_missing.contains(&id) {
                    let (name, nearest) = (property.name.to_string(), own.nearest(property));
                    missing.properties.push(MissingProperty { property: id, name, file: file.clone(), nearest });
                }
            }
        }
    }
    tables.key = schema.key.and_then(|id| schema.property(id)).map(|key| own.dialect.quoted(&key.name));
    tables.steps.push((tables.records.clone(), own.step(&columns, true)));
    for (id, list) in (0..).map(EventId).zip(&schema.events) {
        let Some(fields) = needs.fields.get(id.0 as usize).filter(|fields| !fields.is_empty()) else { continue };
        events(client, needed, (id, list, fields), &mut tables, &mut missing)?;
    }
    for (id, related) in (0..).map(RelatedId).zip(&schema.related) {
        if related.filled().any(|property| needs.properties.contains(&property)) {
            self::related(client, needed, (id, related), &mut tables, &mut missing)?;
        }
    }
    if missing.is_empty() { Ok(tables) } else { Err(Trouble::Missing(Box::new(missing))) }
}

/// The properties of records that are read: those that are needed, and those that events and related records refer to.
fn properties(needed: Needed<'_>) -> BTreeSet<PropId> {
    let Needed { schema, needs, .. } = needed;
    let read = schema.events.iter().zip(&needs.fields).filter(|(_, fields)| !fields.is_empty());
    let refers = read.flat_map(|(list, _)| list.to.iter().copied());
    let used = |related: &&Related| related.filled().any(|property| needs.properties.contains(&property));
    let names = schema.related.iter().filter(used).map(|related| related.to);
    let own = needs.properties.iter().copied().filter(|id| schema.property(*id).is_some_and(|p| p.related.is_none()));
    own.chain(schema.key).chain(refers).chain(names).collect()
}

/// The table of a related record, under the names that the query looks for.
fn related(
    client: &mut dyn Client,
    needed: Needed<'_>,
    (id, related): (RelatedId, &Related),
    tables: &mut Tables,
    missing: &mut MissingColumns,
) -> Result<(), Trouble> {
    let Needed { schema, needs, options, records, .. } = needed;
    let named = needed.related.iter().find(|(known, _)| *known == id).map(|(_, table)| table.as_str());
    let may_lack = options.allow_missing_related.contains(&id);
    let table = named.unwrap_or(&related.name);
    let own = match Table::of(client, schema, table, format!("`{table}`")) {
        Ok(own) => own,
        Err(fault) if fault.is_no_table() && named.is_none() => {
            tables.lacking.push(related.name.to_string());
            if !may_lack {
                missing.related.push(id);
            }
            Table::none(client, schema)
        }
        Err(fault) => return Err(fault.into()),
    };
    let Some(key) = related_key(related, schema) else { return Ok(()) };
    let file = PathBuf::from(format!("{}?table={table}", records.database()));
    let mut columns = Vec::new();
    match own.column(&key)? {
        Some(column) => columns.push(own.reading(&key.name, &key, column, None, &mut Vec::new())?),
        None => {
            columns.push(own.nothing(&key.name, &key));
            if !own.columns.is_empty() {
                let (name, nearest) = (key.name.to_string(), own.nearest(&key));
                missing.keys.push(MissingKey { related: id, name, file: file.clone(), nearest });
            }
        }
    }
    for property in related.properties.iter().copied().filter(|property| needs.properties.contains(property)) {
        let Some(declared) = schema.property(property) else { continue };
        let (name, declared) = (related.short(declared), related_property(related, declared));
        match own.column(&declared)? {
            Some(column) => columns.push(own.reading(name, &declared, column, None, &mut tables.checks)?),
            None => {
                columns.push(own.nothing(name, &declared));
                if !own.columns.is_empty() {
                    tables.lacking.push(declared.name.to_string());
                    if !options.allow_missing.contains(&property) {
                        let (name, nearest) = (declared.name.to_string(), own.nearest(&declared));
                        missing.properties.push(MissingProperty { property, name, file: file.clone(), nearest });
                    }
                }
            }
        }
    }
    let step = format!("lsrc_related_{}", id.0 + 1);
    tables.steps.push((step.clone(), own.step(&columns, !own.columns.is_empty())));
    tables.related.push((id, step));
    Ok(())
}

fn events(
    client: &mut dyn Client,
    needed: Needed<'_>,
    (id, list, fields): (EventId, &EventList, &BTreeSet<FieldId>),
    tables: &mut Tables,
    missing: &mut MissingColumns,
) -> Result<(), Trouble> {
    let Needed { schema, options, records, .. } = needed;
    let named = needed.events.iter().find(|(known, _)| *known == id).map(|(_, table)| table.as_str());
    let may_lack = options.allow_missing_events.contains(&id);
    let refers = reference(list, schema);
    let step = format!("lsrc_events_{}", id.0 + 1);
    let table = named.unwrap_or(&list.name);
    let own = match Table::of(client, schema, table, format!("`{table}`")) {
        Ok(own) => own,
        Err(fault) if fault.is_no_table() && named.is_none() => {
            // A list without a table of its name: nobody said where its events are.
            tables.lacking.push(list.name.to_string());
            if !may_lack {
                missing.events.push(id);
            }
            Table::none(client, schema)
        }
        Err(fault) => return Err(fault.into()),
    };
    let file = PathBuf::from(format!("{}?table={table}", records.database()));
    let mut columns = Vec::new();
    // Under which name the query looks for the reference.
    let by = list.by.clone().unwrap_or_else(|| refers.name.clone());
    let wanted = fields.iter().filter_map(|&field| Some((Some(field), list.field(field)?)));
    for (field, property) in std::iter::once((None, &refers)).chain(wanted) {
        let name = if field.is_some() { &property.name } else { &by };
        match own.column(property)? {
            Some(column) => columns.push(own.reading(name, property, column, Some(&list.name), &mut tables.checks)?),
            None => {
                columns.push(own.nothing(name, property));
                if !own.columns.is_empty() && (field.is_none() || !may_lack) {
                    let (name, nearest) = (property.name.to_string(), own.nearest(property));
                    missing.fields.push(MissingField { event: id, field, name, file: file.clone(), nearest });
                }
            }
        }
    }
    tables.steps.push((step.clone(), own.step(&columns, !own.columns.is_empty())));
    tables.events.push((id, step));
    Ok(())
}

impl Tables {
    /// The query of `sql` with the steps in front.
    #[must_use]
    pub fn put_before(&self, query: &str) -> String {
        let steps: Vec<String> = self.steps.iter().map(|(name, text)| format!("{name} AS (\n  {text}\n)")).collect();
        let query = query.trim_end().trim_end_matches(';');
        // The query begins with comments, and its first step on a line of its own.
        match query.split_once("\nWITH ") {
            Some((head, rest)) => {
                format!("{head}\nWITH {},\n{rest}", steps.join(",\n"))
            }
            None => format!("WITH {}\n{query}", steps.join(",\n")),
        }
    }

    /// A query that counts records without a key, and those whose key occurs more than once.
    #[must_use]
    pub fn keys(&self) -> Option<String> {
        let key = self.key.as_ref()?;
        Some(self.put_before(&format!(
            "SELECT CAST(COUNT(*) - COUNT(t.{key}) AS TEXT), CAST(COUNT(t.{key}) - COUNT(DISTINCT t.{key}) AS TEXT) FROM {} AS t",
            self.records
        )))
    }

    /// For each table a query that counts the cells that are not what they should be, with what they should be.
    #[must_use]
    pub fn checking(&self) -> Vec<(String, Vec<&Check>)> {
        let mut tables: Vec<(String, Vec<&Check>)> = Vec::new();
        for check in &self.checks {
            match tables.iter_mut().find(|(table, _)| *table == check.table) {
                Some((_, checks)) => checks.push(check),
                None => tables.push((check.table.clone(), vec![check])),
            }
        }
        for (table, checks) in &mut tables {
            let counts: Vec<String> =
                checks.iter().map(|check| format!("CAST(COUNT(CASE WHEN {} THEN 1 END) AS TEXT)", check.wrong)).collect();
            *table = format!("SELECT {} FROM {table} AS t", counts.join(", "));
        }
        tables
    }
}

/// A table with its columns.
struct Table<'a> {
    schema: &'a Schema,
    dialect: DialectName,
    table: String,
    shown: String,
    columns: Vec<TableColumn>,
    headers: Headers,
}

impl<'a> Table<'a> {
    fn of(client: &mut dyn Client, schema: &'a Schema, table: &str, shown: String) -> Result<Self, Fault> {
        let columns = client.columns(table)?;
        let headers = Headers::new(columns.iter().map(|c| c.name.clone()).collect());
        Ok(Self { schema, dialect: client.dialect(), table: table.to_owned(), shown, columns, headers })
    }

    /// A table that is not there.
    fn none(client: &dyn Client, schema: &'a Schema) -> Self {
        let (table, shown) = (String::new(), String::new());
        Self { schema, dialect: client.dialect(), table, shown, columns: Vec::new(), headers: Headers::default() }
    }

    fn column(&self, property: &Property) -> Result<Option<&TableColumn>, Fault> {
        if let Some(column) = property.from_column {
            return Err(Fault::new(format!(
                "the schema reads `{}` from column {column}, but columns of a table are found by their names",
                property.name
            ))
            .help("say in the schema which one it is with `from \"..\"`"));
        }
        let names = candidates(property);
        match self.headers.find(names.iter().map(|n: &Arc<str>| &**n)) {
            Match::One(at) => Ok(self.columns.get(at)),
            Match::None => Ok(None),
            Match::Several(places) => {
                let names: Vec<&str> = places.iter().filter_map(|&at| Some(self.columns.get(at)?.name.as_str())).collect();
                Err(Fault::new(format!("several columns of {} could be `{}`: {}", self.shown, property.name, names.join(", ")))
                    .help("say in the schema which one it is with `from \"..\"`"))
            }
        }
    }

    fn nearest(&self, property: &Property) -> Vec<String> {
        self.headers.nearest(candidates(property).iter().map(|n| &**n))
    }

    /// The table as a query names it. SQLite takes a plain name for a step of the query, wherever that stands, if one is called so.
    fn place(&self) -> String {
        let table = self.dialect.table(&self.table);
        if self.dialect == DialectName::Sqlite && !self.table.contains('.') { format!("main.{table}") } else { table }
    }

    /// A step with these columns, of the table's rows or of none.
    fn step(&self, columns: &[String], rows: bool) -> String {
        let columns = columns.join(", ");
        if rows { format!("SELECT {columns} FROM {} AS t", self.place()) } else { format!("SELECT {columns} WHERE 1 = 0") }
    }

    /// The column of a property that the table lacks.
    fn nothing(&self, name: &str, property: &Property) -> String {
        format!("CAST(NULL AS {}) AS {}", type_name(self.dialect, property), self.dialect.quoted(name))
    }

    /// A column under the name of its property, as the query reads it.
    fn reading(
        &self,
        name: &str,
        property: &Property,
        column: &TableColumn,
        event: Option<&str>,
        checks: &mut Vec<Check>,
    ) -> Result<String, Fault> {
        let cell = format!("t.{}", self.dialect.quoted(&column.name));
        let sql = if self.dialect == DialectName::Sqlite {
            checks.extend(wrong_in_sqlite(&property.ty, &cell).map(|(expected, wrong)| Check {
                event: event.map(str::to_owned),
                property: property.name.to_string(),
                column: column.name.clone(),
                expected,
                table: self.place(),
                wrong: self.but_unknown(&cell, &wrong),
            }));
            in_sqlite(property, column, &cell)
        } else {
            in_postgres(property, column, &cell, self.schema)
        };
        match sql {
            Some(sql) => Ok(format!("{sql} AS {}", self.dialect.quoted(name))),
            None => Err(self.another_type(property, column)),
        }
    }

    /// A condition that leaves out cells that mean "no value".
    fn but_unknown(&self, cell: &str, wrong: &str) -> String {
        let mut none = vec![self.dialect.text("")];
        none.extend(self.schema.unknown_values.iter().map(|text| self.dialect.text(&text.trim().to_lowercase())));
        format!("{cell} IS NOT NULL AND LOWER(TRIM({cell})) NOT IN ({}) AND NOT ({wrong})", none.join(", "))
    }

    fn another_type(&self, property: &Property, column: &TableColumn) -> Fault {
        let local = matches!(column.storage, Storage::Local | Storage::Date) && property.ty == Type::DateTime;
        let help = if local {
            format!(
                "say in which zone it is, in a view: `CREATE VIEW .. AS SELECT .., {} AT TIME ZONE '{}' AS {} ..`",
                column.name, self.schema.zone_name, column.name
            )
        } else {
            "cast it in a view and score the view, say another type in the schema, or export the table to CSV, where `lsrc run` reads every form of a value".to_owned()
        };
        Fault::new(format!(
            "the column `{}` of {} is of the type {}, and the schema reads `{}` as {}",
            column.name,
            self.shown,
            column.declared,
            property.name,
            expected(&property.ty)
        ))
        .help(help)
    }
}

/// What a type holds, in words.
fn expected(ty: &Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Integer => "a whole number",
        Type::Number => "a number",
        Type::Boolean => "true or false",
        Type::Date => "a date",
        Type::DateTime => "a date with a time and a zone",
        Type::OneOf(_) => "an option",
        Type::SetOf(_) | Type::SetOfText => "a list of texts",
        Type::Score | Type::Label => "a result",
    }
}

/// The type under which the query reads a property.
fn type_name(dialect: DialectName, property: &Property) -> &'static str {
    if dialect == DialectName::Sqlite {
        return "TEXT";
    }
    match property.ty {
        Type::Integer => "BIGINT",
        Type::Number => "DOUBLE PRECISION",
        Type::Boolean => "BOOLEAN",
        Type::Date => "DATE",
        Type::DateTime => "TIMESTAMPTZ",
        Type::SetOf(_) | Type::SetOfText if property.split.is_none() => "TEXT[]",
        Type::SetOf(_) | Type::SetOfText | Type::Text | Type::OneOf(_) | Type::Score | Type::Label => "TEXT",
    }
}

/// What separates the members of a set in a text, where the schema does not say; as in CSV.
const SEPARATOR: &str = ";";

/// A column of PostgreSQL as the query reads it; `None` where the type does not fit.
fn in_postgres(property: &Property, column: &TableColumn, cell: &str, schema: &Schema) -> Option<String> {
    let text = |text: &str| DialectName::Postgres.text(text);
    let utc = matches!(&*schema.zone_name, "UTC" | "Etc/UTC");
    match (&property.ty, column.storage) {
        (Type::Text | Type::OneOf(_), storage) if storage != Storage::Texts => Some(format!("CAST({cell} AS TEXT)")),
        (Type::Integer, Storage::Whole) | (Type::Number, Storage::Whole | Storage::Float) => Some(cell.to_owned()),
        // What has a fraction is no whole number, as in a file; casts would round it.
        (Type::Integer, Storage::Decimal | Storage::Float) => Some(format!(
            "CASE WHEN {cell} = TRUNC({cell}) AND {cell} BETWEEN -9223372036854774784 AND 9223372036854774784 THEN CAST({cell} AS BIGINT) END"
        )),
        (Type::Number, Storage::Decimal) => Some(format!("CAST({cell} AS DOUBLE PRECISION)")),
        (Type::Boolean, Storage::Boolean) | (Type::Date, Storage::Date) | (Type::DateTime, Storage::Instant) => {
            Some(cell.to_owned())
        }
        (Type::Date, Storage::Local) => Some(format!("CAST({cell} AS DATE)")),
        (Type::DateTime, Storage::Local | Storage::Date) if utc => Some(format!("CAST({cell} AS TIMESTAMP) AT TIME ZONE 'UTC'")),
        (Type::SetOf(_) | Type::SetOfText, Storage::Texts) => Some(match &property.split {
            Some(split) => format!("ARRAY_TO_STRING({cell}, {})", text(split)),
            None => format!("CAST({cell} AS TEXT[])"),
        }),
        (Type::SetOf(_) | Type::SetOfText, Storage::Text) => Some(match &property.split {
            Some(_) => format!("CAST({cell} AS TEXT)"),
            None => format!("STRING_TO_ARRAY(CAST({cell} AS TEXT), {})", text(SEPARATOR)),
        }),
        _other => None,
    }
}

/// A column of SQLite as the query reads it; `None` where the declared type holds text alone and the schema reads numbers.
fn in_sqlite(property: &Property, column: &TableColumn, cell: &str) -> Option<String> {
    let numbers = matches!(property.ty, Type::Integer | Type::Number | Type::Boolean);
    if numbers && column.storage == Storage::Text {
        return None;
    }
    if matches!(property.ty, Type::SetOf(_) | Type::SetOfText) && property.split.is_none() {
        // A JSON array, or members with a separator as in CSV.
        let split = DialectName::Sqlite.text(SEPARATOR);
        return Some(format!(
            "CASE WHEN {cell} LIKE '[%' AND JSON_VALID({cell}) THEN {cell} WHEN {cell} IS NOT NULL THEN '[' || REPLACE(JSON_QUOTE(CAST({cell} AS TEXT)), {split}, '\",\"') || ']' END"
        ));
    }
    Some(cell.to_owned())
}

/// What a cell of SQLite has to be and when it is.
fn wrong_in_sqlite(ty: &Type, cell: &str) -> Option<(&'static str, String)> {
    let right = match ty {
        Type::Integer => format!("TYPEOF({cell}) = 'integer'"),
        Type::Number => format!("TYPEOF({cell}) IN ('integer', 'real')"),
        Type::Boolean => format!("{cell} IN (0, 1)"),
        Type::Date => format!("TYPEOF({cell}) = 'text' AND {cell} GLOB '????-??-??*' AND DATE({cell}) IS NOT NULL"),
        Type::DateTime => format!(
            "TYPEOF({cell}) = 'integer' OR ({cell} GLOB '????-??-??[T ]??:??:??*' AND {cell} NOT GLOB '*[+-]??:??' AND UNIXEPOCH(SUBSTR({cell}, 1, 19)) IS NOT NULL)"
        ),
        Type::Text | Type::OneOf(_) | Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => return None,
    };
    Some((expected(ty), right))
}
