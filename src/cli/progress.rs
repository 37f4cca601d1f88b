//! The progress of long work, on a terminal only.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// How far the work has come.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    begun: Instant,
}

/// Before so much time and so large a share nobody can say how long it takes.
const SURE: (Duration, f64) = (Duration::from_secs(1), 0.01);

/// How long it will go on, when this share took that long.
fn left(elapsed: Duration, share: Option<f64>) -> Option<String> {
    let share = share.filter(|&share| elapsed >= SURE.0 && share >= SURE.1)?;
    let seconds = elapsed.as_secs_f64() * (1.0 - share) / share;
    Some(match seconds {
        s if s < 1.0 => ", nearly done".to_owned(),
        s if s < 90.0 => format!(", about {s:.0} s left"),
        s => format!(", about {:.0} min left", s / 60.0),
    })
}

impl Progress {
    /// Begins; in a pipe nothing is shown.
    pub(super) fn new(terminal: &Terminal) -> Self {
        if !terminal.shows_progress() {
            return Self { bar: None, begun: Instant::now() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        // The template is ours and right.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}, {elapsed}{msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(150));
        Self { bar: Some(bar), begun: Instant::now() }
    }

    /// So many more records; `share` is the part of the data that has been read, if their length is known.
    pub(super) fn advance(&self, records: u64, share: Option<f64>) {
        if let Some(bar) = &self.bar {
            if let Some(left) = left(self.begun.elapsed(), share) {
                bar.set_message(left);
            }
            bar.inc(records);
        }
    }

    /// Wipes the line.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_share_that_is_done() {
        let left = |seconds, share| left(Duration::from_secs(seconds), share);
        assert_eq!(left(0, Some(0.5)), None);
        assert_eq!(left(10, None), None);
        assert_eq!(left(10, Some(0.25)).as_deref(), Some(", about 30 s left"));
        assert_eq!(left(60, Some(0.1)).as_deref(), Some(", about 9 min left"));
        assert_eq!(left(60, Some(1.0)).as_deref(), Some(", nearly done"));
    }
}
