//! What painting asks for. Views never do anything themselves: they push actions, `app` carries them out after the
//! frame is painted, so that the model never changes under a view's feet.

use std::path::PathBuf;

use kith_node::Command;

use crate::i18n::Language;
use crate::model::chats::ChatWish;
use crate::model::requests::RequestKey;
use crate::profiles::{ProfileId, ProfileRequest};
use crate::route::Route;
use crate::theme::Appearance;
use crate::widgets::toast::Toast;

/// One wish of a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Ask the node. While it runs, and after it failed, whatever paints with `key` can show so
    /// ([`crate::model::requests::Requests::state`]).
    Call {
        /// Which control asks.
        key: RequestKey,
        /// What.
        command: Command,
    },
    /// Ask for something about profiles themselves: create, unlock, restore, change the passphrase, delete.
    Profile {
        /// Which control asks.
        key: RequestKey,
        /// What.
        request: ProfileRequest,
    },
    /// Do this in a chat ([`crate::model::chats::Chats::carry_out`]).
    Chat(ChatWish),
    /// Forget that the request of this control failed.
    Forgive(RequestKey),
    /// Go somewhere.
    Go(Route),
    /// One step back.
    Back,
    /// Put this on the clipboard.
    Copy(String),
    /// Open a link in the browser.
    OpenUrl(String),
    /// Say something in passing.
    Toast(Toast),
    /// Choose a picture with the system's dialog; `app` reads it and asks the node to set it.
    PickPicture,
    /// Take the picture in this file.
    ReadPicture(PathBuf),
    /// Look different.
    SetAppearance(Appearance),
    /// Speak another language; `None` follows the system.
    SetLanguage(Option<Language>),
    /// Zeroise the keys: the process starts anew at the unlock screen.
    Lock,
    /// Open a second window, for another profile.
    OpenOther(Option<ProfileId>),
    /// Close the app.
    Quit,
}
