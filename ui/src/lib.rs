//! The Kith desktop app: it paints what the node says and asks it for what the person wants.
//!
//! `bridge` runs the node and talks to it; `model` is what is known, folded from the node's events; `views` paint it
//! and return [`action::Action`]s, which `app` carries out after the frame. `theme` holds every colour and size,
//! `i18n` every word, `widgets` every control. Nothing here names libp2p, sled or a cipher.

#![deny(missing_docs)]

pub mod action;
pub mod app;
pub mod backend;
pub mod bidi;
pub mod bridge;
mod contained;
pub mod fonts;
pub mod i18n;
pub mod instance;
pub mod milestones;
pub mod model;
pub mod pictures;
pub mod profiles;
pub mod relaunch;
pub mod route;
pub mod settings;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
pub mod views;
pub mod widgets;
pub mod window_end;
