//! The steps of a related table: read, without the rows whose key occurs twice, and joined to the records.

use super::Refusal;
use super::builder::{Builder, Form, Place, Reader};
use super::fold::Alphabet;
use super::items::Column;
use super::steps::{Steps, plain};
use crate::invariant::Sure as _;
use crate::schema::{PropId, Property, Related, RelatedId};
use crate::text::fold;
use crate::value::{Type, Value};

/// A form of a property that is read, with its column.
type Read = ((u32, Form), String);

/// What ties a related record to the records.
pub(super) struct Link {
    id: RelatedId,
    /// The column of the records.
    record: String,
    /// Whether texts are compared.
    text: bool,
}

impl Builder<'_> {
    /// The related records that are read, each with what names it; their names join the columns of the records.
    pub(super) fn links(&mut self) -> Result<Vec<Link>, Refusal> {
        let schema = &self.model.schema;
        let read = |related: &Related| {
            let mut columns = self.records.columns.keys();
            columns.any(|(id, _)| related.filled().any(|property| property.0 == *id))
        };
        let used: Vec<bool> = schema.related.iter().map(read).collect();
        let mut links = Vec::new();
        for ((id, related), used) in (0..).map(RelatedId).zip(&schema.related).zip(used) {
            if !used {
                continue;
            }
            let text = schema.property(related.to).is_some_and(|property| property.ty == Type::Text);
            if text && !self.dialect.folds_all() {
                return self.refuse("a related record that is found by a text", related.span);
            }
            let form = if text { Form::FoldedWhole } else { Form::Value };
            let record =
                self.property(related.to, form, Place::Record).sure("a related record belongs to a property of the schema");
            links.push(Link { id, record, text });
        }
        Ok(links)
    }

    /// Reads a related table and joins its rows to the records in `last`; the name of the step that has both.
    pub(super) fn related_steps(
        &mut self,
        link: &Link,
        read: &[Read],
        last: &str,
        steps: &mut Steps<'_>,
    ) -> Result<String, Refusal> {
        let model = self.model;
        let Some(related) = model.schema.related(link.id) else { return Ok(last.to_owned()) };
        let Some((_, table)) = self.request.related.iter().find(|(id, _)| *id == link.id) else {
            let construct = format!("`{0}` without a table (name it with --related {0}=TABLE)", related.name);
            return self.refuse(construct, related.name_span);
        };
        let table = self.table(table);
        let own: Vec<Read> = read.iter().filter(|((id, _), _)| related.properties.contains(&PropId(*id))).cloned().collect();
        let of = |id: u32| model.schema.property(PropId(id)).map(|property| of_table(related, property));
        let (mut first, mut second) = self.columns(&own, &of)?;
        let key = self.key_of(link, related, &mut first, &mut second)?;
        let mut rows = self.steps.fresh(&related.name);
        steps.read(&rows, &format!("The related records {}, read and typed as the schema says.", related.name), &first, &table);
        if !second.is_empty() {
            let name = self.steps.fresh(&format!("{} prepared", related.name));
            steps.add(&name, "What is made of them: texts in lower case, calendar days.", &plain(second));
            rows = name;
        }
        let count = self.records.fresh(&format!("{} rows", related.name));
        let counted = self.steps.fresh(&format!("{} counted", related.name));
        let sql = format!("COUNT(*) OVER (PARTITION BY s.{key})");
        steps.add_to(&rows, "s", &counted, "How many rows have one key.", &plain(vec![(count.clone(), sql)]));
        let mut last = last.to_owned();
        let mut record = link.record.clone();
        if related.domain {
            let column = self.records.fresh(&format!("{} named", related.name));
            let name = self.steps.fresh(&format!("{} named", related.name));
            let sql = self.domain(&link.record);
            record = self.quoted(&column);
            steps.add_to(
                &last,
                "s",
                &name,
                "What names a related record.",
                &[Column { name: column, sql, words: String::new() }],
            );
            last = name;
        }
        let joined = self.steps.fresh(&format!("with {}", related.name));
        let mut lines = vec!["s.*".to_owned()];
        for ((id, form), name) in read {
            if related.filled().any(|property| property.0 == *id) {
                let column = self.quoted(name);
                let sql = self.joined(related, PropId(*id), form, &format!("r.{column}"), &key)?;
                lines.push(format!("{sql} AS {column}"));
            }
        }
        let body = format!(
            "SELECT\n    {}\nFROM {} AS s\nLEFT JOIN {} AS r ON r.{key} = s.{record} AND r.{} = 1",
            lines.join(",\n    "),
            self.quoted(&last),
            self.quoted(&counted),
            self.quoted(&count)
        );
        steps.push(
            &joined,
            "The records with what is related to them; a key that several rows have belongs to none of them.",
            body,
        );
        Ok(joined)
    }

    /// The column of a related table that tells its rows apart, read and folded as that of the records is; its name, quoted.
    fn key_of(
        &mut self,
        link: &Link,
        related: &Related,
        first: &mut super::read::Columns,
        second: &mut super::read::Columns,
    ) -> Result<String, Refusal> {
        let Some(target) = self.model.schema.property(related.to).cloned() else {
            return self.refuse("a related record without a property that names it", related.span);
        };
        let reference = Property { default: None, name: related.by.clone(), ..target };
        let name = self.records.fresh(&format!("{} key", related.name));
        let mut reader = Reader::default();
        reader.column(0, &reference, Form::Value);
        let (read, _) = self.columns(&reader.read(), &|_| Some(reference.clone()))?;
        first.push((name.clone(), read.into_iter().next().map(|(_, sql)| sql).unwrap_or_default()));
        let own = self.quoted(&name);
        if !link.text {
            return Ok(own);
        }
        let mut whole = Alphabet::default();
        whole.add_all();
        let Some(sql) = whole.fold(&own, &self.model.schema, self.dialect) else {
            return self.refuse("texts with `ignore accents`", related.span);
        };
        let compared = self.records.fresh(&format!("{} key compared", related.name));
        second.push((compared.clone(), sql));
        Ok(self.quoted(&compared))
    }

    /// A column of a related record beside the records: without a row it is what an empty cell would be.
    fn joined(&self, related: &Related, id: PropId, form: &Form, column: &str, key: &str) -> Result<String, Refusal> {
        let none = |none: &str| format!("CASE WHEN r.{key} IS NULL THEN {none} ELSE {column} END");
        if id == related.known {
            return Ok(format!("CASE WHEN r.{key} IS NULL THEN FALSE ELSE TRUE END"));
        }
        let Some(property) = self.model.schema.property(id) else { return Ok(column.to_owned()) };
        let filled = |default: String| format!("COALESCE({column}, {default})");
        Ok(match (form, &property.default) {
            (Form::Has(_), _) => none("FALSE"),
            (Form::Empty, _) => none("TRUE"),
            (Form::Count(_), _) => none("0"),
            (Form::Value, Some(default)) => filled(self.default(property, default)?),
            (Form::Folded | Form::FoldedWhole, Some(Value::Text(text))) => {
                filled(self.dialect.text(&fold(text, self.model.schema.ignore_accents)))
            }
            (Form::Day, Some(Value::DateTime(micros))) => {
                let day = crate::time::local(*micros, &self.model.schema.zone).map(|local| crate::time::day_number(local.date()));
                match day.and_then(|day| self.dialect.date(day)) {
                    Some(date) => filled(date),
                    None => return self.refuse("this default", property.span),
                }
            }
            (Form::Value | Form::Folded | Form::FoldedWhole | Form::Day, _) => column.to_owned(),
        })
    }
}

/// A property as its own table has it.
fn of_table(related: &Related, property: &Property) -> Property {
    Property { name: related.short(property).into(), default: None, ..property.clone() }
}
