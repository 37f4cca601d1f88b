//! Rules loaded again when a file beside them changes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use super::app::App;
use crate::failure::Failure;

/// Changes that come within this time are one change: editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// What tells of changes; it does as long as it is kept.
pub(super) struct Changes {
    _watcher: RecommendedWatcher,
    changes: Receiver<()>,
}

/// Watches the folder of the rules.
pub(super) fn watch(rules: &Path) -> Result<Changes, Failure> {
    let (send, changes) = channel(1);
    let refused = |error: notify::Error| Failure::new("the rules cannot be watched for changes").because(error);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Any change may be one of the rules: folders that are swapped whole name no file. What is read has to change to matter.
        let touched = event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_)));
        if touched {
            // One change that waits is enough.
            let _waiting = send.try_send(());
        }
    })
    .map_err(refused)?;
    let folder = rules.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watcher.watch(folder, RecursiveMode::Recursive).map_err(refused)?;
    Ok(Changes { _watcher: watcher, changes })
}

/// Loads rules again whenever something changed.
pub(super) async fn follow(mut changes: Changes, app: Arc<App>) {
    while changes.changes.recv().await.is_some() {
        while let Ok(Some(())) = timeout(SETTLE, changes.changes.recv()).await {}
        let of = Arc::clone(&app);
        // It fails only when the server stops.
        let _stopped = tokio::task::spawn_blocking(move || of.reload("watch")).await;
    }
}
