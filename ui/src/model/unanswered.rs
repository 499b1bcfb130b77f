//! What is asked for when a profile is opened and could not be had, so that its place on the screen says so.

use kith_node::{Command, CommandError};

/// The questions whose last answer was a failure.
#[derive(Clone, Debug, Default)]
pub struct Unanswered(Vec<(Command, CommandError)>);

impl Unanswered {
    /// Why this could not be had; `None` while it is on its way, or once it has come.
    pub fn why(&self, question: &Command) -> Option<&CommandError> {
        let mut failed = self.0.iter();
        failed
            .find(|(asked, _)| asked == question)
            .map(|(_, error)| error)
    }

    /// It could not be had.
    pub fn failed(&mut self, question: &Command, error: &CommandError) {
        self.answered(question);
        self.0.push((question.clone(), error.clone()));
    }

    /// It has come.
    pub fn answered(&mut self, question: &Command) {
        self.0.retain(|(asked, _)| asked != question);
    }
}
