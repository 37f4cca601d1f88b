//! What has been seen of a column: which types could read it, and what its values are.

use rustc_hash::FxHashMap;

use crate::input::cell::{moment, number, trim, word};
use crate::schema::without_currency;

/// Beyond so many different values nobody counts them apart any more.
const DISTINCT: usize = 5000;

/// Placeholders that mean "no value" wherever they stand, in lower case.
const MARKERS: [&str; 13] =
    ["select", "n/a", "#n/a", "n.a.", "null", "nan", "(empty)", "(blank)", "(not set)", "undefined", "-", "--", "?"];

/// Placeholders that can also be an answer: they mean "no value" where all else is a number, a date or a yes and no.
const DOUBTFUL: [&str; 7] = ["unknown", "none", "na", "nil", "nothing", "not available", "not provided"];

/// Which types can read all values of a column.
#[derive(Debug, Clone)]
pub(crate) struct Fits {
    pub(crate) boolean: bool,
    pub(crate) whole: bool,
    pub(crate) number: bool,
    /// Whether a number has zeros in front, as codes have.
    pub(crate) leading_zero: bool,
    /// Whether a number is in scientific notation, as spreadsheets shorten long ones.
    pub(crate) scientific: bool,
    /// Bit n: [`number::FORMS`] n reads all, without currency and percent signs; the bit behind them is that of plain numbers.
    pub(crate) number_forms: u32,
    /// The currency of all numbers that have one, and whether it is before them; `None` where none has one.
    pub(crate) currency: Option<(String, bool)>,
    /// Whether a number has a percent sign.
    pub(crate) percent: bool,
    /// Whether all are seconds since 1970 of our days, or day numbers of a spreadsheet.
    pub(crate) seconds: bool,
    pub(crate) serial: bool,
    pub(crate) iso: bool,
    pub(crate) epoch: bool,
    /// Whether all epoch milliseconds are midnights.
    pub(crate) midnights: bool,
    /// Whether a date has a time.
    pub(crate) time: bool,
    /// Bit n: form n of [`moment::forms`] reads all.
    pub(crate) date_forms: u128,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

impl Default for Fits {
    fn default() -> Self {
        Self {
            boolean: true,
            whole: true,
            number: true,
            leading_zero: false,
            scientific: false,
            number_forms: (2 << number::FORMS.len()) - 1,
            currency: None,
            percent: false,
            seconds: true,
            serial: true,
            iso: true,
            epoch: true,
            midnights: true,
            time: false,
            date_forms: (1 << moment::forms().count()) - 1,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        }
    }
}

impl Fits {
    fn look(&mut self, text: &str) {
        self.boolean = self.boolean && word::boolean(text).is_some();
        self.whole = self.whole && number::integer(text, &[]).is_ok();
        if self.number {
            match number::number(text, &[]) {
                Ok(value) => {
                    let digits = text.trim_start_matches(['-', '+']);
                    self.leading_zero |= digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
                    // No measured number has so many digits; a code has.
                    self.leading_zero |= digits.len() > 18 && !digits.contains('.');
                    self.lowest = self.lowest.min(value);
                    self.highest = self.highest.max(value);
                }
                Err(_) => self.number = false,
            }
        }
        self.scientific |= number::is_scientific(text);
        if self.number_forms != 0 {
            self.look_at_number(text);
        }
        let plain = text.parse::<f64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
        self.seconds = self.seconds && plain.is_some_and(|n| n.fract() == 0.0 && (946_684_800.0..2_208_988_800.0).contains(&n));
        self.serial = self.serial && plain.is_some_and(|n| (32_874.0..51_136.0).contains(&n));
        let epoch = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
        // Between 2000 and 2040, so that no identifier is taken for a time.
        let epoch = epoch.filter(|millis| (946_684_800_000..2_208_988_800_000).contains(millis));
        self.epoch = self.epoch && epoch.is_some();
        self.midnights = self.midnights && epoch.is_some_and(|millis| millis % 86_400_000 == 0);
        self.iso = self.iso && epoch.is_none() && moment::date(text, &[]).is_some() && text.contains('-');
        if self.date_forms != 0 {
            for (at, (form, _)) in moment::forms().enumerate() {
                if self.date_forms >> at & 1 == 1 && (epoch.is_some() || moment::date(text, &[form]).is_none()) {
                    self.date_forms &= !(1 << at);
                }
            }
        }
        self.time |= text.contains(':');
    }
}

impl Fits {
    /// Which forms read a number without its currency and percent sign.
    fn look_at_number(&mut self, text: &str) {
        let (bare, percent) = text.strip_suffix('%').map_or((text, false), |rest| (rest.trim_end(), true));
        self.percent |= percent;
        let unsigned = bare.trim_start_matches(['-', '+']).trim_start();
        let minus = if bare.len() > unsigned.len() && bare.starts_with('-') { "-" } else { "" };
        let bare = match without_currency(unsigned) {
            None => bare.to_owned(),
            Some((rest, sign)) => {
                let ours = self.currency.get_or_insert_with(|| (sign.to_owned(), unsigned.starts_with(sign)));
                if ours.0 != sign {
                    self.number_forms = 0;
                    return;
                }
                format!("{minus}{rest}")
            }
        };
        for (at, (form, _)) in number::FORMS.iter().enumerate() {
            if self.number_forms >> at & 1 == 1 && number::number(&bare, std::slice::from_ref(form)).is_err() {
                self.number_forms &= !(1 << at);
            }
        }
        if number::number(&bare, &[]).is_err() {
            self.number_forms &= !(1 << number::FORMS.len());
        }
    }
}

/// What has been seen of a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) rows: u64,
    /// Cells with a value.
    pub(crate) known: u64,
    /// Values with how often they stand; not complete when `many`.
    pub(crate) values: FxHashMap<String, u64>,
    pub(crate) many: bool,
    pub(crate) fits: Fits,
    /// Placeholders as written, with how often they stand.
    pub(crate) markers: FxHashMap<String, u64>,
    /// Doubtful ones.
    pub(crate) doubtful: FxHashMap<String, u64>,
    /// JSON lists: members with how often they stand.
    pub(crate) lists: u64,
    pub(crate) members: FxHashMap<String, u64>,
    /// Events nested in the record, by field.
    pub(crate) events: Vec<(String, Seen)>,
    /// Cells that are no value of any type, such as `#DIV/0!` in a workbook, and the first of them.
    pub(crate) broken: u64,
    pub(crate) first_broken: Option<String>,
    /// JSON objects and other things that no type reads.
    pub(crate) objects: u64,
    pub(crate) first_object: Option<String>,
    pub(crate) longest: usize,
}

impl Seen {
    /// Looks at the cell of one more row.
    pub(crate) fn look(&mut self, cell: Option<&str>) {
        self.rows += 1;
        let Some(text) = cell.map(trim).filter(|t| !t.is_empty()) else { return };
        if text.starts_with('[') && self.look_at_list(text) {
            return;
        }
        if text.starts_with('{') && serde_json::from_str::<serde_json::Value>(text).is_ok() {
            self.objects += 1;
            self.first_object.get_or_insert_with(|| text.to_owned());
            return;
        }
        let lower = crate::text::fold(text, false);
        if MARKERS.contains(&&*lower) {
            *self.markers.entry(text.to_owned()).or_default() += 1;
            return;
        }
        if DOUBTFUL.contains(&&*lower) {
            *self.doubtful.entry(text.to_owned()).or_default() += 1;
            return;
        }
        self.known += 1;
        self.longest = self.longest.max(text.chars().count());
        if let Some(n) = self.values.get_mut(text) {
            *n += 1;
            return;
        }
        self.fits.look(text);
        if self.values.len() < DISTINCT {
            self.values.insert(text.to_owned(), 1);
        } else {
            self.many = true;
        }
    }

    /// Looks at a cell that is no value.
    pub(crate) fn look_at_broken(&mut self, cell: Option<&str>) {
        self.rows += 1;
        self.broken += 1;
        let Some(text) = cell.map(trim) else { return };
        if MARKERS.contains(&&*crate::text::fold(text, false)) {
            *self.markers.entry(text.to_owned()).or_default() += 1;
        }
        self.first_broken.get_or_insert_with(|| text.to_owned());
    }

    /// Takes objects for texts, as they are in a CSV file.
    pub(crate) fn take_objects_for_texts(&mut self) {
        if let Some(text) = self.first_object.take() {
            self.known += self.objects;
            self.fits.look(&text);
            *self.values.entry(text).or_default() += std::mem::take(&mut self.objects);
        }
    }

    /// Whether all values are numbers, dates or truth values.
    pub(crate) fn is_typed(&self) -> bool {
        let f = &self.fits;
        self.known > 0 && (f.boolean || f.number || f.number_forms != 0 || f.iso || f.epoch || f.date_forms != 0)
    }

    /// Takes the doubtful placeholders for what they say.
    pub(crate) fn believe(&mut self) {
        for (text, n) in std::mem::take(&mut self.doubtful) {
            self.known += n;
            self.fits.look(&text);
            *self.values.entry(text).or_default() += n;
        }
    }

    /// Cells without a value, placeholders included.
    pub(crate) fn empty(&self) -> u64 {
        self.rows.saturating_sub(self.known + self.lists + self.broken + self.objects)
    }

    fn look_at_list(&mut self, text: &str) -> bool {
        let Ok(serde_json::Value::Array(list)) = serde_json::from_str(text) else { return false };
        self.lists += 1;
        let mut nested = false;
        for member in list {
            match member {
                serde_json::Value::Object(event) => {
                    for (field, value) in event {
                        let at = match self.events.iter().position(|(name, _)| *name == field) {
                            Some(at) => at,
                            None => {
                                self.events.push((field, Self::default()));
                                self.events.len() - 1
                            }
                        };
                        if let Some((_, seen)) = self.events.get_mut(at) {
                            seen.look(as_text(&value).as_deref());
                        }
                    }
                }
                // A list within a list is no member of a set.
                serde_json::Value::Array(_) => nested = true,
                plain @ (serde_json::Value::Null
                | serde_json::Value::Bool(_)
                | serde_json::Value::Number(_)
                | serde_json::Value::String(_)) => {
                    if let Some(text) = as_text(&plain).filter(|_| self.members.len() < DISTINCT) {
                        *self.members.entry(text).or_default() += 1;
                    }
                }
            }
        }
        if nested {
            self.broken += 1;
            self.first_broken.get_or_insert_with(|| text.to_owned());
        }
        true
    }
}

fn as_text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => Some(value.to_string()),
    }
}
