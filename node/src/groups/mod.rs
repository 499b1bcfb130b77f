//! Groups: conversations of three to eight people, fixed at creation.
//!
//! A group is a conversation like any other: its entries, keys, receipts and sync are the rooms' that also serve two
//! people. What is its own lives here: how it begins ([`creating`], [`founding`]), how its members come to know it
//! ([`inviting`]), what they tell one another of those among them who are no contacts of each other ([`fellows`]), how one
//! takes part no longer ([`leaving`]), and what is left of it after damage ([`mending`]).
//!
//! Its founder's control log begins with `Open`, which names its members for good, and `Name`. Whoever belongs to it and
//! does not know it is invited by any member that is linked, as soon as it says so ([`crate::frame::Frame::Digests`]):
//! so nothing has to be remembered about who was invited, and an invitation that was lost comes again.

mod cards;
pub(crate) mod creating;
pub(crate) mod fellows;
pub(crate) mod founding;
pub(crate) mod inviting;
pub(crate) mod leaving;
pub(crate) mod mending;

/// The fewest people in a group, its founder included: fewer have a direct conversation.
pub(crate) const FEWEST_MEMBERS: usize = 3;
/// The most people in a group, its founder included.
pub(crate) const MOST_MEMBERS: usize = 8;
/// The most groups of one founder that we belong to: beyond them its invitations are not taken.
pub(crate) const MOST_OF_ONE: usize = 256;
/// The most groups that we belong to.
pub(crate) const MOST_GROUPS: usize = 1_024;
