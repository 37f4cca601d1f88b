//! What the report says about columns, with what would mend them.

use super::build::Builder;
use super::cell::{moment, number, trim};
use super::reader::Reader;
use super::report::{ColumnErrors, DataReport, Fault, Sample, UnlistedValue};
use super::table::Wanted;
use crate::value::Type;

impl Reader {
    /// The part of the report that is about columns.
    pub(crate) fn column_report(&self) -> DataReport {
        let mut report = DataReport::default();
        for (wanted, &id) in self.assembly.sink.wanted.iter().zip(self.assembly.properties.iter()) {
            if let Some(property) = self.assembly.schema.property(id) {
                report.add(None, &property.name, wanted, &property.ty);
            }
        }
        for list in &self.assembly.sink.lists {
            let Some(declared) = self.assembly.schema.event(list.event) else { continue };
            for (id, wanted) in &list.fields {
                if let Some(field) = declared.field(*id) {
                    report.add(Some(&list.name), &field.name, wanted, &field.ty);
                }
            }
            for (fault, count, samples) in list.log.counts() {
                report.columns.push(ColumnErrors {
                    event: Some(list.name.to_string()),
                    property: list.name.to_string(),
                    column: list.name.to_string(),
                    fault,
                    expected: "a list of events".to_owned(),
                    count,
                    samples: samples.to_vec(),
                    cure: None,
                });
            }
        }
        for (event, wanted, field) in self.separate_fields() {
            report.add(Some(event), &field.name, wanted, &field.ty);
        }
        report.columns.sort_by_key(|column| std::cmp::Reverse(column.count));
        report.unlisted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        report
    }

    /// The fields that were read from files of events, behind their references.
    fn separate_fields(&self) -> impl Iterator<Item = (&str, &Wanted, &crate::schema::Property)> {
        self.event_sinks.iter().flat_map(|sink| sink.wanted.iter().skip(1)).filter_map(|wanted| {
            let (list, field) = wanted.builder.name().split_once('.')?;
            let (_, declared) = self.assembly.schema.find_event(list)?;
            let field = declared.fields.iter().find(|f| &*f.name == field)?;
            Some((&*declared.name, wanted, field))
        })
    }
}

impl DataReport {
    fn add(&mut self, event: Option<&str>, name: &str, wanted: &Wanted, ty: &Type) {
        let builder: &Builder = &wanted.builder;
        for (fault, count, samples) in builder.log.counts() {
            self.columns.push(ColumnErrors {
                event: event.map(str::to_owned),
                property: name.to_owned(),
                column: wanted.column.clone(),
                fault,
                expected: builder.expected().to_owned(),
                count,
                samples: samples.to_vec(),
                cure: cure(fault, ty, samples),
            });
        }
        self.unlisted.extend(builder.log.unlisted().map(|(value, count)| UnlistedValue {
            property: event.map_or_else(|| name.to_owned(), |event| format!("{event}.{name}")),
            value: value.to_owned(),
            count,
        }));
    }
}

/// The declaration that would read all samples, if there is one.
fn cure(fault: Fault, ty: &Type, samples: &[Sample]) -> Option<String> {
    let all = |reads: &dyn Fn(&str) -> bool| samples.iter().all(|s| reads(trim(&s.value)));
    match (fault, ty) {
        (Fault::Unreadable, Type::Integer | Type::Number) => {
            let whole = *ty == Type::Integer;
            let reads =
                |text: &str, form| if whole { number::integer(text, form).is_ok() } else { number::number(text, form).is_ok() };
            let form = number::FORMS.iter().find(|(form, _)| all(&|text| reads(text, Some(*form))));
            if let Some((_, example)) = form {
                return Some(format!("these look like numbers such as {example}: say `numbers like \"{example}\"`"));
            }
            (whole && all(&|text| number::number(text, None).is_ok()))
                .then(|| "these have decimals: say `number` instead of `integer`".to_owned())
        }
        (Fault::Unreadable, Type::Date | Type::DateTime) => {
            let (_, example) = moment::forms().find(|(form, _)| all(&|text| moment::date(text, Some(*form)).is_some()))?;
            Some(format!("these look like dates such as {example}: say `dates like \"{example}\"`"))
        }
        (Fault::Unlisted, _) => {
            Some("list these values in the schema, as options or as further forms of one: `name = \"data value\"`".to_owned())
        }
        (
            Fault::Unreadable | Fault::NotFinite | Fault::Required | Fault::NoKey | Fault::DuplicateKey | Fault::Ragged,
            Type::Text
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Date
            | Type::DateTime
            | Type::OneOf(_)
            | Type::SetOf(_)
            | Type::SetOfText
            | Type::Score
            | Type::Label,
        ) => None,
    }
}
