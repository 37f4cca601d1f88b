//! Columns as the schema reads them: trimmed, without unknown values, options by their forms, with defaults.

use super::Refusal;
use super::builder::{Builder, Form};
use super::dialect::List;
use super::fold::Alphabet;
use super::letters::Letter;
use crate::invariant::Sure as _;
use crate::schema::Property;
use crate::text::fold;
use crate::value::{Options, Type, Value};

type Sql = Result<String, Refusal>;

/// A column of a step: its name and SQL.
pub(super) type Columns = Vec<(String, String)>;

impl Builder<'_> {
    /// Texts that mean "no value", folded.
    fn unknown_values(&self) -> Vec<String> {
        let schema = &self.model.schema;
        schema.unknown_values.iter().map(|v| fold(v.trim(), schema.ignore_accents).into_owned()).collect()
    }

    fn fold_with(&self, alphabet: &Alphabet, x: &str, property: &Property) -> Sql {
        match alphabet.fold(x, &self.model.schema, self.dialect) {
            Some(sql) => Ok(sql),
            None => self.refuse("texts with `ignore accents`", property.span),
        }
    }

    fn trimmed(&self, raw: &str) -> String {
        self.dialect.trim(raw, &Letter::White.sql(self.dialect))
    }

    fn texts(&self, texts: &[String]) -> String {
        texts.iter().map(|text| self.dialect.text(text)).collect::<Vec<_>>().join(", ")
    }

    /// What a column holds as the schema reads it.
    fn read(&mut self, property: &Property, raw: &str) -> Sql {
        let unknown = self.unknown_values();
        unknown.iter().for_each(|text| self.alphabet.add(text));
        let numbers: Vec<f64> = unknown.iter().filter_map(|text| text.parse().ok()).filter(|x: &f64| x.is_finite()).collect();
        let without = |sql: String| {
            let list: Vec<String> = numbers.iter().map(|x| self.dialect.number(*x)).collect();
            if list.is_empty() { sql } else { format!("CASE WHEN {raw} NOT IN ({}) THEN {sql} END", list.join(", ")) }
        };
        let sql = match &property.ty {
            Type::Text => {
                let trimmed = self.trimmed(raw);
                if unknown.is_empty() {
                    format!("NULLIF({trimmed}, '')")
                } else {
                    let folded = self.fold_with(&self.alphabet, &trimmed, property)?;
                    let mut none = vec![String::new()];
                    none.extend(unknown);
                    format!("CASE WHEN {folded} NOT IN ({}) THEN {trimmed} END", self.texts(&none))
                }
            }
            Type::Integer => without(self.dialect.read_integer(raw)),
            Type::Number => without(self.dialect.read_number(raw)),
            Type::Boolean => self.dialect.read_boolean(raw),
            Type::Date => self.dialect.read_date(raw),
            Type::DateTime => self.dialect.read_datetime(raw),
            Type::OneOf(options) => self.option_case(property, options, raw, &unknown)?,
            Type::SetOf(_) | Type::SetOfText | Type::Score | Type::Label => return self.refuse("this column", property.span),
        };
        let Some(default) = &property.default else { return Ok(sql) };
        Ok(format!("COALESCE({sql}, {})", self.default(property, default)?))
    }

    /// The default of a property as a constant.
    pub(super) fn default(&self, property: &Property, default: &Value) -> Sql {
        Ok(match default {
            Value::Text(text) => self.dialect.text(text),
            Value::Integer(n) => super::expr::whole(*n),
            Value::Number(x) => self.dialect.number(*x),
            Value::Boolean(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
            Value::Date(day) => match self.dialect.date(*day) {
                Some(sql) => sql,
                None => return self.refuse("this default", property.span),
            },
            Value::DateTime(micros) => micros.to_string(),
            Value::Option(code) => match property.ty.options().and_then(|options| options.name(*code)) {
                Some(name) => self.dialect.text(name),
                None => return self.refuse("this default", property.span),
            },
            Value::Set(_) | Value::TextSet(_) | Value::Decimal(_) => return self.refuse("this default", property.span),
        })
    }

    fn option_case(&mut self, property: &Property, options: &Options, raw: &str, unknown: &[String]) -> Sql {
        let accents = self.model.schema.ignore_accents;
        let mut seen: Vec<String> = unknown.to_vec();
        let mut lines = Vec::new();
        for option in &options.items {
            for form in std::iter::once(&option.name).chain(&option.forms) {
                let folded = fold(form.trim(), accents).into_owned();
                if seen.contains(&folded) {
                    continue;
                }
                self.alphabet.add(&folded);
                lines.push(format!("WHEN {} THEN {}", self.dialect.text(&folded), self.dialect.text(&option.name)));
                seen.push(folded);
            }
        }
        if lines.is_empty() {
            return Ok(format!("CAST(NULL AS {})", self.dialect.varchar()));
        }
        let folded = self.fold_with(&self.alphabet, &self.trimmed(raw), property)?;
        Ok(format!("CASE {folded} {} END", lines.join(" ")))
    }

    /// The columns of one table: those that are read, and those that are made of what has been read.
    pub(super) fn columns(
        &mut self,
        read: &[((u32, Form), String)],
        of: &dyn Fn(u32) -> Option<Property>,
    ) -> Result<(Columns, Columns), Refusal> {
        let mut first: Columns = Vec::new();
        let mut second: Columns = Vec::new();
        let mut whole = Alphabet::default();
        whole.add_all();
        for ((id, form), name) in read {
            let Some(property) = of(*id) else { continue };
            let raw = format!("t.{}", self.dialect.column(&property.name));
            match form {
                Form::Value => {
                    let sql = self.read(&property, &raw)?;
                    first.push((name.clone(), sql));
                }
                Form::Folded | Form::FoldedWhole | Form::Day => {
                    let base = read.iter().find(|((other, form), _)| other == id && *form == Form::Value);
                    let base = base.map_or_else(String::new, |(_, name)| name.clone());
                    let base = self.quoted(&base);
                    let sql = if *form == Form::Day {
                        match self.day_of(&base) {
                            Some(sql) => sql,
                            None => return self.refuse(self.zone_words(), property.span),
                        }
                    } else if *form == Form::FoldedWhole {
                        self.fold_with(&whole, &base, &property)?
                    } else {
                        self.fold_with(&self.alphabet, &base, &property)?
                    };
                    second.push((name.clone(), sql));
                }
                Form::Has(texts) => {
                    let unknown = self.unknown_values();
                    let texts: Vec<String> =
                        texts.iter().filter(|text| !unknown.contains(text) && !text.is_empty()).cloned().collect();
                    let sql = if texts.is_empty() { "FALSE".to_owned() } else { self.member(&property, &raw, &texts, true)? };
                    first.push((name.clone(), sql));
                }
                Form::Count(except) => {
                    let sql = self.member_count(&property, &raw, except)?;
                    first.push((name.clone(), sql));
                }
                Form::Empty => {
                    let sql = self.no_member(&property, &raw)?;
                    first.push((name.clone(), sql));
                }
            }
        }
        Ok((first, second))
    }

    fn member(&self, property: &Property, raw: &str, texts: &[String], among: bool) -> Sql {
        let texts = self.texts(texts);
        self.of_members(property, raw, &self.alphabet, |list| self.dialect.has_member(list, &texts, among))
    }

    /// What a dialect makes of the members of a set.
    fn of_members(&self, property: &Property, raw: &str, alphabet: &Alphabet, make: impl Fn(&List<'_>) -> Option<String>) -> Sql {
        let fold = |m: &str| self.fold_with(alphabet, m, property);
        fold("m")?;
        let fold = |m: &str| fold(m).sure("a text that folds under one name folds under each");
        let white = Letter::White.sql(self.dialect);
        // A cell loses its outer white space before it is split: what splits may begin or end with some.
        let blank = property.split.as_deref().is_some_and(|split| split.trim() != split);
        let trimmed = if blank { self.dialect.trim(raw, &white) } else { raw.to_owned() };
        let list = List { x: &trimmed, split: property.split.as_deref(), fold: &fold, white: &white };
        match make(&list) {
            Some(sql) => Ok(sql),
            None => self.refuse("a set in this form", property.span),
        }
    }

    /// How many different members a set of texts has, besides these texts.
    fn member_count(&self, property: &Property, raw: &str, except: &[String]) -> Sql {
        let mut none = vec![String::new()];
        none.extend(self.unknown_values());
        none.extend(except.iter().cloned());
        let texts = self.texts(&none);
        let mut whole = Alphabet::default();
        whole.add_all();
        self.of_members(property, raw, &whole, |list| self.dialect.count_members(list, &texts))
    }

    fn no_member(&mut self, property: &Property, raw: &str) -> Sql {
        let unknown = self.unknown_values();
        let any = if let Type::SetOf(options) = &property.ty {
            let accents = self.model.schema.ignore_accents;
            let forms = options.items.iter().flat_map(|o| std::iter::once(&o.name).chain(&o.forms));
            let mut texts: Vec<String> = Vec::new();
            for form in forms.map(|form| fold(form.trim(), accents).into_owned()) {
                if !unknown.contains(&form) && !texts.contains(&form) {
                    self.alphabet.add(&form);
                    texts.push(form);
                }
            }
            if texts.is_empty() { "FALSE".to_owned() } else { self.member(property, raw, &texts, true)? }
        } else {
            unknown.iter().for_each(|text| self.alphabet.add(text));
            let mut none = vec![String::new()];
            none.extend(unknown);
            self.member(property, raw, &none, false)?
        };
        Ok(format!("NOT ({any})"))
    }

    /// Counts the characters of unknown values, option forms in before anything is folded.
    pub(super) fn count_schema_texts(&mut self) {
        let schema = &self.model.schema;
        let accents = schema.ignore_accents;
        let properties = schema.properties.iter().chain(schema.events.iter().flat_map(|list| &list.fields));
        let options = properties.filter_map(|property| property.ty.options()).flat_map(|options| &options.items);
        let forms = options.flat_map(|option| std::iter::once(&option.name).chain(&option.forms));
        let texts: Vec<String> =
            forms.chain(&schema.unknown_values).map(|text| fold(text.trim(), accents).into_owned()).collect();
        texts.iter().for_each(|text| self.alphabet.add(text));
    }
}
