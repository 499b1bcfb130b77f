//! Requests on their way, so that the control that asked can show it, wherever the person has gone since.
//!
//! A control names itself with a [`RequestKey`]; one request runs per key. What failed stays known under its key
//! until the control asks again or the person looks away ([`Requests::forgive`]).

use std::collections::HashMap;
use std::fmt::Display;

/// A request on its way: the answer carries it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// The control that asks: what it does, and to what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey {
    what: &'static str,
    whom: String,
}

impl RequestKey {
    /// A control there is only one of.
    pub fn only(what: &'static str) -> Self {
        Self {
            what,
            whom: String::new(),
        }
    }

    /// One control of many, told apart by `whom`.
    pub fn of(what: &'static str, whom: impl Display) -> Self {
        Self {
            what,
            whom: whom.to_string(),
        }
    }
}

/// How the request of a control stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestState<'a> {
    /// Nothing was asked, or it was answered.
    Idle,
    /// It is running since then (unix milliseconds).
    Running {
        /// Unix milliseconds.
        since_ms: u64,
    },
    /// It could not be done; a whole sentence for the person.
    Failed(&'a str),
}

impl RequestState<'_> {
    /// Whether it is running.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }
}

struct Running {
    key: RequestKey,
    since_ms: u64,
}

/// All requests on their way.
#[derive(Default)]
pub struct Requests {
    next: u64,
    running: HashMap<RequestId, Running>,
    failed: HashMap<RequestKey, String>,
}

impl Requests {
    /// Begins a request for `key`. `None` if one is running already: a second click asks nothing twice.
    pub fn begin(&mut self, key: RequestKey, now_ms: u64) -> Option<RequestId> {
        if self.state(&key).is_running() {
            return None;
        }
        self.failed.remove(&key);
        let id = RequestId(self.next);
        self.next = self.next.wrapping_add(1);
        self.running.insert(
            id,
            Running {
                key,
                since_ms: now_ms,
            },
        );
        Some(id)
    }

    /// The request was done. Gives its key, `None` if it was not known.
    pub fn done(&mut self, id: RequestId) -> Option<RequestKey> {
        self.running.remove(&id).map(|running| running.key)
    }

    /// The request could not be done; `why` is a whole sentence. Gives its key, `None` if it was not known.
    pub fn failed(&mut self, id: RequestId, why: String) -> Option<RequestKey> {
        let key = self.done(id)?;
        self.failed.insert(key.clone(), why);
        Some(key)
    }

    /// Forgets all of them: an answer that still comes is nobody's, because its number is not given again.
    pub fn emptied(self) -> Self {
        Self {
            next: self.next,
            ..Self::default()
        }
    }

    /// Forgets that `key` failed.
    pub fn forgive(&mut self, key: &RequestKey) {
        self.failed.remove(key);
    }

    /// How the request of `key` stands.
    pub fn state(&self, key: &RequestKey) -> RequestState<'_> {
        if let Some(running) = self.running.values().find(|running| running.key == *key) {
            return RequestState::Running {
                since_ms: running.since_ms,
            };
        }
        self.failed
            .get(key)
            .map_or(RequestState::Idle, |why| RequestState::Failed(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_click_asks_nothing_twice() {
        let mut requests = Requests::default();
        let key = RequestKey::of("revoke", 7);
        let id = requests.begin(key.clone(), 100).unwrap();
        assert_eq!(requests.begin(key.clone(), 101), None);
        assert!(requests.begin(RequestKey::of("revoke", 8), 101).is_some());
        assert_eq!(requests.state(&key), RequestState::Running { since_ms: 100 });
        assert_eq!(requests.done(id), Some(key.clone()));
        assert_eq!(requests.state(&key), RequestState::Idle);
        assert_eq!(requests.done(id), None);
    }

    #[test]
    fn a_failure_stays_until_forgiven_or_asked_again() {
        let mut requests = Requests::default();
        let key = RequestKey::only("unlock");
        let id = requests.begin(key.clone(), 1).unwrap();
        requests.failed(id, "It is wrong.".to_owned());
        assert_eq!(requests.state(&key), RequestState::Failed("It is wrong."));
        let id = requests.begin(key.clone(), 2).unwrap();
        assert!(requests.state(&key).is_running());
        requests.failed(id, "Again.".to_owned());
        requests.forgive(&key);
        assert_eq!(requests.state(&key), RequestState::Idle);
    }
}
