//! What is deleted is gone where it was meant to be, comes back by no road, and nothing else is missed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a story that cannot go on has failed, and says where; people of a town are known by their place"
)]

mod chance;
mod chats;
mod copies;
mod crashes;
mod everyone;
mod floods;
mod forged;
mod mine;
mod real_nodes;
mod roads;
mod timers;
