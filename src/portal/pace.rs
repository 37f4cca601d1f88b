//! How fast requests may follow each other.

use std::collections::VecDeque;
use std::time::Duration;

/// So many requests in any span of this length.
#[derive(Debug)]
struct Window {
    most: usize,
    span: Duration,
    sent: VecDeque<Duration>,
}

impl Window {
    const fn new(most: usize, span: Duration) -> Self {
        Self { most, span, sent: VecDeque::new() }
    }

    /// How long the next request has to wait at `now`.
    fn wait(&mut self, now: Duration) -> Duration {
        while self.sent.front().is_some_and(|first| now.saturating_sub(*first) >= self.span) {
            self.sent.pop_front();
        }
        let over = self.sent.len().saturating_sub(self.most.saturating_sub(1));
        let oldest = over.checked_sub(1).and_then(|at| self.sent.get(at));
        oldest.map_or(Duration::ZERO, |first| (*first + self.span).saturating_sub(now))
    }
}

/// The limits of an account: all requests in ten seconds, and searches in one.
#[derive(Debug)]
pub(super) struct Pace {
    all: Window,
    searches: Window,
}

/// Requests reach the server a little later than they are sent, and not all equally late.
const SLACK: Duration = Duration::from_millis(100);

impl Pace {
    /// The least that an account has, until an answer says more.
    pub(super) const fn new() -> Self {
        Self { all: Window::new(100, Duration::from_millis(10_100)), searches: Window::new(5, Duration::from_millis(1_100)) }
    }

    /// Takes over the limit that an answer names; one request in fifty stays free.
    pub(super) fn learn(&mut self, most: usize, interval: Duration) {
        self.all.most = (most - most / 50).max(1);
        self.all.span = interval + SLACK;
    }

    /// How long the next request has to wait.
    pub(super) fn wait(&mut self, search: bool, now: Duration) -> Duration {
        let all = self.all.wait(now);
        if search { all.max(self.searches.wait(now)) } else { all }
    }

    /// A request is sent now.
    pub(super) fn sent(&mut self, search: bool, now: Duration) {
        self.all.sent.push_back(now);
        if search {
            self.searches.sent.push_back(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_holds_more_requests_than_the_limit() {
        let mut pace = Pace::new();
        pace.learn(10, Duration::from_secs(10));
        let mut now = Duration::ZERO;
        let mut times = Vec::new();
        for _ in 0..35 {
            now += pace.wait(false, now);
            pace.sent(false, now);
            times.push(now);
        }
        for window in times.windows(11) {
            assert!(window.last().zip(window.first()).is_some_and(|(last, first)| *last - *first >= Duration::from_secs(10)));
        }
        assert!(now < Duration::from_secs(32), "{now:?}");
    }

    #[test]
    fn searches_have_a_limit_of_their_own() {
        let mut pace = Pace::new();
        let mut now = Duration::ZERO;
        for _ in 0..11 {
            now += pace.wait(true, now);
            pace.sent(true, now);
        }
        assert_eq!(now, Duration::from_millis(2_200));
        assert_eq!(pace.wait(false, now), Duration::ZERO);
    }
}
