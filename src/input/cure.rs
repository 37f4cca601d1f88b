//! What the report says about columns, with what would fix them.

use super::build::Builder;
use super::hint;
use super::reader::Reader;
use super::report::{ColumnErrors, DataReport, Fault, UnlistedValue};
use super::table::Wanted;
use crate::schema::Property;
use crate::value::Type;

impl Reader {
    /// The part of the report that is about columns.
    pub(crate) fn column_report(&self) -> DataReport {
        let mut report = DataReport::default();
        for (wanted, &id) in self.assembly.builder.wanted.iter().zip(self.assembly.layout.properties.iter()) {
            if let Some(property) = self.assembly.schema.property(id) {
                report.add(None, wanted, property);
            }
        }
        for (at, id) in self.assembly.layout.looked_at(&self.assembly.schema) {
            if let (Some(wanted), Some(property)) = (self.assembly.builder.wanted.get(at), self.assembly.schema.property(id)) {
                report.add(None, wanted, property);
            }
        }
        for list in &self.assembly.builder.lists {
            let Some(declared) = self.assembly.schema.event(list.event) else { continue };
            for (id, wanted) in &list.fields {
                if let Some(field) = declared.field(*id) {
                    report.add(Some(&list.name), wanted, field);
                }
            }
            for (fault, counted) in list.log.counts() {
                report.columns.push(ColumnErrors {
                    event: Some(list.name.to_string()),
                    property: list.name.to_string(),
                    column: list.name.to_string(),
                    fault,
                    expected: "a list of events".to_owned(),
                    count: counted.count,
                    total: false,
                    samples: counted.samples.clone(),
                    cures: Vec::new(),
                });
            }
        }
        for rows in &*self.assembly.related {
            for &id in &rows.properties {
                if let (Some(wanted), Some(property)) = (rows.wanted(id), self.assembly.schema.property(id)) {
                    report.add(None, wanted, property);
                }
            }
        }
        for (event, wanted, field) in self.separate_fields() {
            report.add(Some(event), wanted, field);
        }
        report.columns.sort_by_key(|column| std::cmp::Reverse(column.count));
        report.unlisted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        report
    }

    /// The fields that were read from files of events, behind their references.
    fn separate_fields(&self) -> impl Iterator<Item = (&str, &Wanted, &crate::schema::Property)> {
        self.event_builders.iter().flat_map(|builder| builder.wanted.iter().skip(1)).filter_map(|wanted| {
            let (list, field) = wanted.builder.name().split_once('.')?;
            let (_, declared) = self.assembly.schema.find_event(list)?;
            let field = declared.fields.iter().find(|f| &*f.name == field)?;
            Some((&*declared.name, wanted, field))
        })
    }
}

impl DataReport {
    fn add(&mut self, event: Option<&str>, wanted: &Wanted, property: &Property) {
        let builder: &Builder = &wanted.builder;
        let name = &property.name;
        let cells = !matches!(property.ty, Type::SetOf(_) | Type::SetOfText);
        for (fault, counted) in builder.log.counts() {
            let unread = matches!(fault, Fault::Unreadable | Fault::NotFinite | Fault::Shortened | Fault::Unlisted);
            self.columns.push(ColumnErrors {
                event: event.map(str::to_owned),
                property: name.to_string(),
                column: wanted.column.clone(),
                fault,
                expected: builder.expected().to_owned(),
                count: counted.count,
                total: unread && cells && !builder.log.any,
                samples: counted.samples.clone(),
                cures: hint::hints(fault, property, &counted.values),
            });
        }
        self.unlisted.extend(builder.log.unlisted().map(|(value, count)| UnlistedValue {
            property: event.map_or_else(|| name.to_string(), |event| format!("{event}.{name}")),
            value: value.to_owned(),
            count,
        }));
    }
}
