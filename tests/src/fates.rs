//! What has to become of a message that people delete or set to disappear: the rules that the stories by chance and the
//! simulator share.

/// Where a message has to be in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is shown.
    Shown,
    /// It is not shown, and its words are nowhere on the disk.
    Gone,
    /// It may be either.
    Open,
}

/// What was wished for a message and was not undone.
#[derive(Clone, Debug)]
pub struct Fate<W> {
    /// Who wrote it.
    pub author: W,
    /// It was written while messages disappear, and its time is over.
    pub expires: bool,
    /// Its author deleted it for everyone.
    pub everyone: bool,
    /// By whom it was deleted on their device.
    pub mine: Vec<W>,
    /// It was on the other's device when its author deleted it on their own.
    pub was_there: bool,
}

impl<W: PartialEq> Fate<W> {
    /// Of a message that was just written.
    pub fn of(author: W) -> Self {
        Self {
            author,
            expires: false,
            everyone: false,
            mine: Vec::new(),
            was_there: false,
        }
    }

    /// Where it has to be at one of the two, once all is said. What is deleted for oneself goes for nobody else, but what
    /// its author deleted so before the other had it is gone there as well.
    pub fn end_for(&self, who: &W) -> End {
        if self.everyone || self.expires || self.mine.contains(who) {
            End::Gone
        } else if *who != self.author && !self.was_there && self.mine.contains(&self.author) {
            End::Open
        } else {
            End::Shown
        }
    }
}
