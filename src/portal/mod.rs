//! HubSpot over the network: contacts read into a file, and results of rules written back.
//!
//! `client` sends requests: it keeps to the limits of the account, waits where HubSpot says so, and tells an answer from an outcome that
//! nobody knows. `api` has the calls that are used. `pull` reads contacts; `mapping`, `plan` and `apply` write results.
//!
//! Nothing here reads a clock or sleeps: time is the [`Host`]'s.

mod api;
mod apply;
mod client;
mod compare;
mod journal;
mod mapping;
mod pace;
mod plan;
mod pull;
mod settings;
mod store;

use std::time::Duration;

pub use api::{Account, Contact, Contacts, Definition, Portal};
pub use apply::{Applied, ApplyOptions, apply};
pub use journal::is_unfinished;
pub use mapping::{Mapping, Target};
pub use plan::{Change, Made, Moves, Plan, Wanted, plan};
pub use pull::{PullOptions, Pulled, pull};
pub use settings::{Settings, Token};

/// What the network needs of the program around it.
pub trait Host {
    /// The time since some moment; it never goes back.
    fn now(&self) -> Duration;

    /// Waits. `why` is for people, where they have to know.
    fn wait(&self, time: Duration, why: Option<&str>);

    /// Is told of so many more records; `share` is the part of the work that is done, if it is known.
    fn advance(&self, _records: u64, _share: Option<f64>) {}
}
