//! The rules as a query for a database.

use std::fmt;

use crate::program::RuleSet;
use crate::sql::{self, DialectName, Request, Shape};
use crate::time::AsOf;

/// A construct of the rules that a database does not compute as the language means it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// File, line and column: `score.lsr:12:3`.
    pub place: String,
    /// The database.
    pub dialect: DialectName,
    /// The construct, in words.
    pub construct: String,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} cannot compute {} as the rules mean it", self.place, self.dialect.name(), self.construct)
    }
}

impl std::error::Error for SqlError {}

impl RuleSet {
    /// The query that gives the scores, labels and stages of the records in `table` as of a moment, or as of the database's clock.
    ///
    /// # Errors
    /// A construct that the database does not compute equally; a rule that reads events, whose tables are not named here.
    ///
    /// ```
    /// let rules = lsrc::RuleSet::from_text("a.lsr", "lsr 1\nschema c { key id: integer  n: integer }\nscore s { per n then +1 }")?;
    /// let query = rules.sql(lsrc::DialectName::Postgres, "crm.contacts", None)?;
    /// assert!(query.contains("contacts"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sql(&self, dialect: DialectName, table: &str, as_of: Option<AsOf>) -> Result<String, SqlError> {
        let request = Request {
            dialect,
            table: table.to_owned(),
            events: Vec::new(),
            related: Vec::new(),
            as_of,
            clock: None,
            explain: false,
            shape: Shape::Select,
            name: "rules".to_owned(),
        };
        sql::write(self.model(), self.sources(), &request).map_err(|refusal| {
            let place = self.sources().place(refusal.span);
            SqlError {
                place: format!("{}:{}:{}", self.sources().name(refusal.span), place.line, place.column),
                dialect,
                construct: refusal.construct,
            }
        })
    }
}
