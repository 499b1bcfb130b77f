//! Icons: Material Symbols, rounded, outlined, one weight. Named here by what they mean in Kith, so that a view
//! cannot choose another picture for the same thing.

use egui::{Align2, Color32, FontFamily, FontId, Painter, Pos2, Rect, Response, Sense, Ui};
use egui_material_icons::{FONT_FAMILY, icons};

use crate::theme::size;

/// A picture from the icon font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(&'static str);

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $icon:ident;)+) => {
        impl Icon {
            $($(#[$doc])* pub const $name: Self = Self(icons::$icon.codepoint);)+
        }
        #[cfg(test)]
        const ALL: &[Icon] = &[$(Icon::$name),+];
    };
}

icons! {
    /// Chats.
    CHATS = ICON_FORUM;
    /// Contacts.
    CONTACTS = ICON_GROUP;
    /// Settings.
    SETTINGS = ICON_SETTINGS;
    /// One step back.
    BACK = ICON_ARROW_BACK;
    /// Close.
    CLOSE = ICON_CLOSE;
    /// Something new.
    ADD = ICON_ADD;
    /// Add a contact.
    ADD_CONTACT = ICON_PERSON_ADD;
    /// Begin a group.
    NEW_GROUP = ICON_GROUP_ADD;
    /// Search.
    SEARCH = ICON_SEARCH;
    /// More about this.
    MORE = ICON_MORE_HORIZ;
    /// Send.
    SEND = ICON_SEND;
    /// Emoji.
    EMOJI = ICON_MOOD;
    /// Copy.
    COPY = ICON_CONTENT_COPY;
    /// Done.
    CHECK = ICON_CHECK;
    /// One of several that were chosen.
    CHOSEN = ICON_CHECK_CIRCLE;
    /// One of several that can be chosen.
    NOT_CHOSEN = ICON_RADIO_BUTTON_UNCHECKED;
    /// Done twice: delivered.
    CHECK_TWICE = ICON_DONE_ALL;
    /// Held by a carrier.
    CARRIED = ICON_MARKUNREAD_MAILBOX;
    /// Waiting.
    CLOCK = ICON_SCHEDULE;
    /// Something to look at.
    WARNING = ICON_WARNING;
    /// Something went wrong.
    ERROR = ICON_ERROR;
    /// Something to know.
    INFO = ICON_INFO;
    /// To the newest.
    DOWN = ICON_KEYBOARD_ARROW_DOWN;
    /// To what is new above.
    UP = ICON_KEYBOARD_ARROW_UP;
    /// Leads somewhere.
    CHEVRON = ICON_CHEVRON_RIGHT;
    /// A QR code.
    QR = ICON_QR_CODE;
    /// A link.
    LINK = ICON_LINK;
    /// Edit.
    EDIT = ICON_EDIT;
    /// Choose a picture.
    CAMERA = ICON_PHOTO_CAMERA;
    /// Passphrases and keys.
    KEY = ICON_KEY;
    /// Delete.
    DELETE = ICON_DELETE;
    /// Language.
    LANGUAGE = ICON_LANGUAGE;
    /// Looks.
    APPEARANCE = ICON_PALETTE;
    /// Network.
    NETWORK = ICON_HUB;
    /// The local network.
    LAN = ICON_LAN;
    /// Straight over the internet.
    DIRECT = ICON_WIFI;
    /// Through a relay.
    RELAYED = ICON_ROUTE;
    /// Nothing to connect to.
    OFFLINE = ICON_WIFI_OFF;
    /// A person.
    PERSON = ICON_PERSON;
    /// Lock.
    LOCK = ICON_LOCK;
    /// Another profile.
    OTHER_PROFILE = ICON_SWITCH_ACCOUNT;
    /// Quit.
    QUIT = ICON_POWER_SETTINGS_NEW;
    /// Again.
    REFRESH = ICON_REFRESH;
    /// Bring back from words.
    RESTORE = ICON_HISTORY;
    /// What is hidden can be seen.
    SHOW = ICON_VISIBILITY;
    /// What is seen can be hidden.
    HIDE = ICON_VISIBILITY_OFF;
    /// Somebody whose safety number was compared.
    VERIFIED = ICON_VERIFIED;
    /// Safety.
    SHIELD = ICON_SHIELD;
    /// A device.
    DEVICE = ICON_DEVICES;
    /// Take back what was sent.
    TAKE_BACK = ICON_UNDO;
    /// Messages disappear.
    TIMER = ICON_TIMER;
    /// Blocked or taken back.
    BLOCK = ICON_BLOCK;
    /// Take part no longer.
    LEAVE = ICON_LOGOUT;
}

impl Icon {
    /// Paints it with its middle at `center`, `size` points high.
    pub fn paint(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        painter.text(center, Align2::CENTER_CENTER, self.0, Self::font(size), color);
    }

    /// Its font at `size` points, for those who lay out text themselves.
    pub fn font(size: f32) -> FontId {
        FontId::new(size, FontFamily::Name(FONT_FAMILY.into()))
    }

    /// Its character.
    pub const fn text(self) -> &'static str {
        self.0
    }

    /// Puts it into the layout. It has no name of its own: what stands beside it says what it means.
    pub fn show(self, ui: &mut Ui, size: f32, color: Color32) -> Response {
        let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(size), Sense::hover());
        self.paint(ui.painter(), rect.center(), size, color);
        response
    }

    /// Paints it in the middle of `rect` at the usual size.
    pub fn paint_in(self, painter: &Painter, rect: Rect, color: Color32) {
        self.paint(painter, rect.center(), size::ICON, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_one_character_and_stands_in_the_font() {
        let ctx = egui::Context::default();
        crate::fonts::install(&ctx);
        let mut painted = ctx.run_ui(egui::RawInput::default(), |ui| {
            for icon in ALL {
                assert_eq!(icon.0.chars().count(), 1, "{icon:?}");
                let known = ui.fonts_mut(|fonts| fonts.has_glyphs(&Icon::font(20.0), icon.0));
                assert!(known, "{icon:?} is not in the font");
            }
        });
        painted.textures_delta.clear();
    }
}
