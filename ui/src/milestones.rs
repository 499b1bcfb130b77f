//! What has been painted since the process began, told once each to the log: whoever measures a start listens there
//! (`RUST_LOG=kith_ui=debug`), and nobody else has to know.

/// How far painting has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Any frame.
    Frame,
    /// The chat list, with what is in it.
    Chats,
    /// A conversation with rows.
    Conversation,
}

impl Milestone {
    /// Takes note of what the frame just painted showed.
    pub fn reach(&mut self, painted: Milestone) {
        if painted <= *self {
            return;
        }
        *self = painted;
        tracing::debug!(milestone = ?painted, "painted for the first time");
    }
}

/// Tells of one frame, for whoever counts how often a window at rest is painted (`RUST_LOG=kith_ui::milestones=trace`).
pub fn frame() {
    tracing::trace!("a frame was painted");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_milestone_stays_reached() {
        let mut painted = Milestone::default();
        painted.reach(Milestone::Chats);
        painted.reach(Milestone::Frame);
        assert_eq!(painted, Milestone::Chats);
    }
}
