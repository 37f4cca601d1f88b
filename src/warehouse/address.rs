//! Where a table is: `postgres://USER@HOST:PORT/DATABASE?table=NAME`, `sqlite:PATH?table=NAME`, `PATH.db?table=NAME`.

#[cfg(feature = "postgres")]
use super::Fault;
use crate::invariant::{Sure as _, SureAt as _};

/// The endings of files that are SQLite databases.
const ENDINGS: [&str; 3] = [".db", ".sqlite", ".sqlite3"];

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// A file of SQLite.
    Sqlite,
    /// A server of PostgreSQL.
    Postgres,
}

impl System {
    /// Its name, and that of its feature.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("SQLite", "sqlite"),
            Self::Postgres => ("PostgreSQL", "postgres"),
        }
    }
}

/// Where a table is. It is never shown with its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    system: System,
    /// The address without `table`: a path, or what the client takes, password included.
    place: String,
    /// What stands behind the `?`, without `table`.
    options: Vec<(String, String)>,
    table: Option<String>,
}

impl Address {
    /// The address that a word of the command line is; `None` where it is a file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // A password may hold a question mark that should have been written by number.
        let host = text.rfind('@').map_or(0, |at| at + 1);
        let mark = text.get(host..).and_then(|behind| behind.find('?')).map(|at| host + at);
        let place = text.get(..mark.unwrap_or(text.len())).unwrap_or(text);
        let query = mark.and_then(|at| text.get(at + 1..)).unwrap_or("");
        let (system, place) = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            (System::Postgres, place)
        } else if let Some(path) = place.strip_prefix("sqlite:") {
            (System::Sqlite, path.strip_prefix("//").unwrap_or(path))
        } else if ENDINGS.iter().any(|ending| place.to_ascii_lowercase().ends_with(ending)) {
            (System::Sqlite, place)
        } else {
            return None;
        };
        let mut options = Vec::new();
        let mut table = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name == "table" && !value.is_empty() {
                table = Some(decoded(value));
            } else if name != "table" {
                options.push((name.to_owned(), value.to_owned()));
            }
        }
        Some(Self { system, place: place.to_owned(), options, table })
    }

    /// The file of a database that is one.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        (self.system == System::Sqlite).then(|| std::path::Path::new(&self.place))
    }

    /// What kind of database it is.
    #[must_use]
    pub fn system(&self) -> System {
        self.system
    }

    /// The path of a file, or the address of a server without what stands behind the `?`.
    #[cfg(feature = "postgres")]
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What stands behind the `?`, less the table.
    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    pub(super) fn options(&self) -> &[(String, String)] {
        &self.options
    }

    /// The name of the table, if one is named.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// Whether both are in one database.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let real = |path: &str| std::fs::canonicalize(path).unwrap_or_else(|_| path.into());
        self.system == other.system
            && match self.system {
                System::Sqlite => real(&self.place) == real(&other.place),
                System::Postgres => self.behind_user() == other.behind_user(),
            }
    }

    /// Host, port and database.
    fn behind_user(&self) -> &str {
        let place = self.place.split_once("://").map_or(self.place.as_str(), |(_, place)| place);
        place.rsplit_once('@').map_or(place, |(_, place)| place)
    }

    /// The database as messages name it, without password and table.
    #[must_use]
    pub fn database(&self) -> String {
        match self.system {
            System::Sqlite => self.place.clone(),
            System::Postgres => {
                let place = self.place.split_once("://").sure("an address of PostgreSQL has a scheme").1;
                // A password may hold characters that should have been written by number: nothing of it is shown.
                let user = place.split([':', '@', '/']).next().filter(|_| place.contains('@'));
                user.map_or_else(|| format!("postgres://{place}"), |user| format!("postgres://{user}@{}", self.behind_user()))
            }
        }
    }

    /// The address as messages name it, without its password.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.table {
            Some(table) => format!("{}?table={table}", self.database()),
            None => self.database(),
        }
    }

    /// That the address cannot be understood; nothing of it is repeated, for it may hold a password.
    #[cfg(feature = "postgres")]
    pub(super) fn wrong() -> Fault {
        Fault::new("the address of the database cannot be understood").help(
            "write it as postgres://USER@HOST:PORT/DATABASE?table=NAME; in a password write @ as %40, / as %2F and ? as %3F, or give it in PGPASSWORD",
        )
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

/// A text with `%41` as `A`.
pub(super) fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok()).filter(|_| byte == b'%');
        let number =
            hex.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|two| u8::from_str_radix(two, 16).ok());
        out.push(number.unwrap_or(byte));
        rest = if number.is_some() { behind.sure_at(2..) } else { behind };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Address::parse(text).map(|address| address.shown())
    }

    #[test]
    fn addresses_are_told_from_files() {
        for file in ["contacts.csv", "-", "data/*.csv", "db", "a.dbx", "http://x/y.csv"] {
            assert_eq!(shown(file), None);
        }
        for (text, table) in [
            ("contacts.db", None),
            ("a/b.sqlite3?table=contacts", Some("contacts")),
            ("sqlite:odd.name?table=crm%2Econtacts", Some("crm.contacts")),
            ("postgres://u@h/d?sslmode=require&table=x", Some("x")),
            ("postgresql:///d?table=", None),
        ] {
            assert_eq!(Address::parse(text).unwrap().table(), table, "{text}");
        }
        assert_eq!(Address::parse("sqlite:///tmp/a.db").unwrap().database(), "/tmp/a.db");
    }

    #[test]
    fn no_password_is_shown_however_it_is_written() {
        for text in [
            "postgres://app:secret@h:5/d?table=t",
            "postgres://app:se/cret@h:5/d?table=t",
            "postgres://app:sec@ret@h:5/d?table=t",
            "postgres://app:sec?ret@h:5/d?table=t",
            "postgres://app:s%40ecret@h:5/d?table=t&password=secret",
        ] {
            assert_eq!(shown(text).as_deref(), Some("postgres://app@h:5/d?table=t"), "{text}");
        }
    }

    #[test]
    fn neighbours_are_found_whatever_the_user() {
        let address = |text: &str| Address::parse(text).unwrap();
        assert!(address("postgres://a:b@h/d?table=x").is_beside(&address("postgresql://h/d?table=y")));
        assert!(!address("postgres://h/d").is_beside(&address("postgres://h/e")));
        assert!(!address("a.db").is_beside(&address("b.db")));
    }
}
