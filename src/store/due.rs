//! Records that time alone changes: those whose day has come.

use super::record::damaged;
use super::{Fault, Store};
use crate::warehouse::Value;

/// A record that is to be scored again, as of the end of its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its day, as days since 1970-01-01.
    pub day: i32,
    /// Its key.
    pub key: String,
    /// The record as JSON.
    pub data: String,
}

impl Store {
    /// Records whose day has come, the earliest day first: those to score again as of the end of their day, and to
    /// [`put`](super::Writing::put) with the day that comes next. What was put is not given again, so whoever asks until there is none
    /// left, after a pause of any length, has every move once and in order.
    ///
    /// # Errors
    /// The database's own.
    pub fn due(&mut self, today: i32, most: u32) -> Result<Vec<Due>, Fault> {
        let query = format!(
            "SELECT due, key, data FROM lsrc_records WHERE due IS NOT NULL AND due <= ?1 AND data IS NOT NULL ORDER BY due, key LIMIT {most}"
        );
        let row = |row: Vec<Value>| {
            let mut cells = row.into_iter();
            let day = cells.next()?.whole().and_then(|day| i32::try_from(day).ok())?;
            Some(Due { day, key: cells.next()?.text()?, data: cells.next()?.text()? })
        };
        let rows = self.session.rows(&query, &[today.into()])?;
        rows.into_iter().map(|cells| row(cells).ok_or_else(|| damaged(&"a day is missing"))).collect()
    }

    /// The first day on which a record is to be scored again.
    ///
    /// # Errors
    /// The database's own.
    pub fn next_due(&mut self) -> Result<Option<i32>, Fault> {
        let query = "SELECT due FROM lsrc_records WHERE due IS NOT NULL AND data IS NOT NULL ORDER BY due LIMIT 1";
        let rows = self.session.rows(query, &[])?;
        Ok(rows.first().and_then(|row| row.first()?.whole()).and_then(|day| i32::try_from(day).ok()))
    }
}
