//! The screens. Each is a struct with the little state that belongs to the screen alone (what is typed, which step)
//! and functions ending in `_ui` that paint the model and push [`Action`]s.

pub mod carrying;
pub mod chats;
pub mod contacts;
pub mod conversation;
pub mod deleting;
pub mod dialogs;
mod face_row;
pub mod faces;
pub mod frame;
mod message_rows;
mod missing;
pub mod new_person;
pub mod onboarding;
pub mod people;
mod picture_file;
pub mod restore;
pub mod settings;
pub mod shortcuts;
pub mod start;
pub mod status_line;
pub mod talk;
pub mod timer;
pub mod unlock;

use crate::action::Action;
use crate::model::Model;
use crate::route::{Breadth, Route};

/// What a view paints from, and where it puts its wishes.
pub struct Cx<'a> {
    /// What is known.
    pub model: &'a Model,
    /// Where the person is.
    pub route: &'a Route,
    /// How much room the window has.
    pub breadth: Breadth,
    /// What time it is, unix milliseconds.
    pub now_ms: u64,
    /// Where wishes go; carried out after the frame.
    pub actions: &'a mut Vec<Action>,
}

impl Cx<'_> {
    /// Wishes for something.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }
}

#[cfg(test)]
mod deleting_tests;
#[cfg(test)]
mod draft_tests;
#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod keyboard_tests;
#[cfg(test)]
mod missing_tests;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod rtl_tests;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod scene_answers;
#[cfg(test)]
mod scene_deleting;
#[cfg(test)]
mod scene_groups;
#[cfg(test)]
mod scrolling_tests;
#[cfg(test)]
mod selecting_tests;
#[cfg(test)]
mod talk_tests;
#[cfg(test)]
mod tree_tests;
#[cfg(test)]
mod trust_tests;
