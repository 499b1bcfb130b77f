//! The values themselves. Nothing else in the app names a colour, a size or a duration.
//!
//! Every pair of text and surface that occurs has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3); `contrast_tests`
//! compute it. Colours that only fill (dots, badges) may be brighter than their `_text` twins.

use egui::Color32;

/// One theme's colours, named by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind the conversation and every full screen.
    pub window: Color32,
    /// Behind the chat list, the rail and settings.
    pub list: Color32,
    /// What floats: menus, dialogs, toasts.
    pub float: Color32,
    /// A row under the pointer, also of what floats; behind a button that cannot be pressed.
    pub hover: Color32,
    /// The row that is open.
    pub selected: Color32,
    /// What is read.
    pub text: Color32,
    /// What is read second: times, hints, last messages.
    pub secondary: Color32,
    /// Icons of what cannot be pressed now.
    pub unusable: Color32,
    /// One pixel lines.
    pub hairline: Color32,
    /// Behind text fields.
    pub field: Color32,
    /// The edge of a text field at rest.
    pub field_edge: Color32,
    /// Behind our own messages.
    pub own_bubble: Color32,
    /// Time and ticks on our own messages.
    pub own_meta: Color32,
    /// Behind the messages of others.
    pub other_bubble: Color32,
    /// Time on the messages of others.
    pub other_meta: Color32,
    /// Names of those who talk in a group, on their messages: for each of [`HUES`] one that reads there.
    pub names: [Color32; HUES.len()],
    /// The active section, focus, words that can be pressed.
    pub accent: Color32,
    /// Links in what was written; read on bubbles and on selected text.
    pub link: Color32,
    /// Behind the main button and unread badges.
    pub accent_fill: Color32,
    /// The main button under the pointer.
    pub accent_fill_hover: Color32,
    /// A quiet tint of the accent, behind secondary buttons and notes.
    pub accent_soft: Color32,
    /// Text and icons on `accent_fill` and on pictures made of initials.
    pub on_accent: Color32,
    /// What went wrong, as text or icon.
    pub danger: Color32,
    /// Behind a button that destroys.
    pub danger_fill: Color32,
    /// Behind a sentence about what went wrong.
    pub danger_soft: Color32,
    /// Presence dots, strong passphrases.
    pub good: Color32,
    /// The same as text.
    pub good_text: Color32,
    /// Behind a sentence about what is as it should be.
    pub good_soft: Color32,
    /// Things to look at, as a mark.
    pub warning: Color32,
    /// The same as text.
    pub warning_text: Color32,
    /// Behind a sentence to look at.
    pub warning_soft: Color32,
    /// Where content will stand.
    pub skeleton: Color32,
    /// Selected text.
    pub text_selection: Color32,
    /// Over the window behind a dialog.
    pub scrim: Color32,
    /// Under what floats.
    pub shadow: Color32,
    /// Behind the whole window on the screens before a profile is open.
    pub backdrop: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

/// The light theme.
pub const LIGHT: Palette = Palette {
    window: rgb(0xFFFFFF),
    list: rgb(0xF7F8FA),
    float: rgb(0xFFFFFF),
    hover: rgb(0xEAEEF3),
    selected: rgb(0xE3EDFB),
    text: rgb(0x14171A),
    secondary: rgb(0x5B6572),
    unusable: rgb(0x808A97),
    hairline: rgb(0xE4E8EE),
    field: rgb(0xF3F5F8),
    field_edge: rgb(0xD5DBE3),
    own_bubble: rgb(0xDDEBFF),
    own_meta: rgb(0x4A6283),
    other_bubble: rgb(0xF0F2F5),
    other_meta: rgb(0x5B6572),
    names: [
        rgb(0xC0392B),
        rgb(0xAA501D),
        rgb(0x8A6500),
        rgb(0x49761C),
        rgb(0x1B7A4B),
        rgb(0x0F7878),
        rgb(0x1B70AA),
        rgb(0x3D5BD0),
        rgb(0x6A4BC4),
        rgb(0x963CB0),
        rgb(0xB8347E),
        rgb(0x5D6B7A),
    ],
    accent: rgb(0x2460D8),
    link: rgb(0x1B4DB3),
    accent_fill: rgb(0x2F6FED),
    accent_fill_hover: rgb(0x2862D8),
    accent_soft: rgb(0xE9F0FE),
    on_accent: rgb(0xFFFFFF),
    danger: rgb(0xC22F2F),
    danger_fill: rgb(0xD33C3C),
    danger_soft: rgb(0xFCEDED),
    good: rgb(0x1E9E5A),
    good_text: rgb(0x14713F),
    good_soft: rgb(0xE7F5ED),
    warning: rgb(0xB7791F),
    warning_text: rgb(0x85540C),
    warning_soft: rgb(0xFCF4E4),
    skeleton: rgb(0xE9EDF2),
    text_selection: rgb(0xBBD4FF),
    scrim: Color32::from_rgba_premultiplied(6, 8, 12, 110),
    shadow: Color32::from_rgba_premultiplied(4, 6, 10, 34),
    backdrop: rgb(0xEFF2F7),
};

/// The dark theme.
pub const DARK: Palette = Palette {
    window: rgb(0x12151A),
    list: rgb(0x171B21),
    float: rgb(0x20262E),
    hover: rgb(0x2A313B),
    selected: rgb(0x23364F),
    text: rgb(0xE8ECF1),
    secondary: rgb(0x97A3B1),
    unusable: rgb(0x707C8B),
    hairline: rgb(0x262D36),
    field: rgb(0x1C2128),
    field_edge: rgb(0x343D48),
    own_bubble: rgb(0x23446F),
    own_meta: rgb(0xB3C7E2),
    other_bubble: rgb(0x20262E),
    other_meta: rgb(0x97A3B1),
    names: [
        rgb(0xDE786D),
        rgb(0xDF793F),
        rgb(0xC28E00),
        rgb(0x68A728),
        rgb(0x26AC6A),
        rgb(0x15A5A5),
        rgb(0x379BDF),
        rgb(0x7F93E0),
        rgb(0x9D88D8),
        rgb(0xBE7BD2),
        rgb(0xD875AC),
        rgb(0x8996A5),
    ],
    accent: rgb(0x8CB3FF),
    link: rgb(0xB8D0FF),
    accent_fill: rgb(0x2F6FED),
    accent_fill_hover: rgb(0x2862D8),
    accent_soft: rgb(0x1B2940),
    on_accent: rgb(0xFFFFFF),
    danger: rgb(0xF58583),
    danger_fill: rgb(0xC93A3A),
    danger_soft: rgb(0x351E21),
    good: rgb(0x4CC38A),
    good_text: rgb(0x5FCF99),
    good_soft: rgb(0x18291F),
    warning: rgb(0xE0B252),
    warning_text: rgb(0xE6BC64),
    warning_soft: rgb(0x312A1A),
    skeleton: rgb(0x232A33),
    text_selection: rgb(0x2F5591),
    scrim: Color32::from_rgba_premultiplied(0, 0, 0, 150),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 96),
    backdrop: rgb(0x0D1014),
};

/// What pictures made of initials are painted with; white text reads on each.
pub const HUES: [Color32; 12] = [
    rgb(0xC0392B),
    rgb(0xB3541E),
    rgb(0x8A6500),
    rgb(0x4C7A1D),
    rgb(0x1B7A4B),
    rgb(0x0F7878),
    rgb(0x1B70AA),
    rgb(0x3D5BD0),
    rgb(0x6A4BC4),
    rgb(0x963CB0),
    rgb(0xB8347E),
    rgb(0x5D6B7A),
];

/// The hue of an account, chosen by its key so that it is the same on every machine.
pub fn hue_of(key: &[u8]) -> Color32 {
    HUES.get(place_of(key)).copied().unwrap_or(LIGHT.secondary)
}

/// Which of the hues is an account's.
fn place_of(key: &[u8]) -> usize {
    let sum = key.iter().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    sum % HUES.len()
}

impl Palette {
    /// What the name of an account is written in on its messages: the hue of its picture, so that it reads there.
    pub fn name_of(&self, key: &[u8]) -> Color32 {
        self.names.get(place_of(key)).copied().unwrap_or(self.text)
    }
}

/// Distances, in points: a grid of four.
pub mod space {
    /// Between two lines of one thing.
    pub const LINE: f32 = 2.0;
    /// Between a mark and its word.
    pub const XS: f32 = 4.0;
    /// Between things that belong together.
    pub const S: f32 = 8.0;
    /// Inside rows and cards.
    pub const M: f32 = 12.0;
    /// Between groups; the edge of a panel.
    pub const L: f32 = 16.0;
    /// Between sections.
    pub const XL: f32 = 24.0;
    /// Around a screen.
    pub const XXL: f32 = 32.0;
}

/// Corner radii, in points.
pub mod radius {
    /// Buttons, fields, rows.
    pub const CONTROL: u8 = 6;
    /// Cards, menus, dialogs.
    pub const CARD: u8 = 12;
    /// Bubbles.
    pub const BUBBLE: u8 = 18;
    /// The corner of a bubble towards its author, within a run.
    pub const BUBBLE_TAIL: u8 = 4;
    /// What is as high as a control and ends round: the composer, round buttons.
    pub const ROUND: u8 = 20;
    /// Thin bars.
    pub const BAR: u8 = 2;
}

/// Room between a frame and what is in it or around it, in whole points, as [`egui::Margin`] counts: the grid's.
pub mod inset {
    /// Tight.
    pub const S: i8 = 8;
    /// Usual.
    pub const M: i8 = 12;
    /// Wide.
    pub const L: i8 = 16;
    /// A dialog's.
    pub const DIALOG: i8 = 20;
    /// A card's that is the whole of a narrow window.
    pub const XL: i8 = 24;
    /// A card's, and above and below what stands alone.
    pub const XXL: i8 = 32;
}

/// Sizes of things, in points.
pub mod size {
    /// Hairlines.
    pub const HAIRLINE: f32 = 1.0;
    /// The ring around what has the keyboard.
    pub const FOCUS_RING: f32 = 2.0;
    /// Icons.
    pub const ICON: f32 = 20.0;
    /// Small icons: ticks, marks beside a word.
    pub const ICON_SMALL: f32 = 16.0;
    /// The one big icon of an empty screen.
    pub const ICON_HERO: f32 = 40.0;
    /// A button that is only an icon.
    pub const ICON_BUTTON: f32 = 36.0;
    /// The button beside a message.
    pub const MORE: f32 = 28.0;
    /// Buttons and fields.
    pub const CONTROL: f32 = 40.0;
    /// Buttons within a row of text.
    pub const CONTROL_SMALL: f32 = 32.0;
    /// The rail beside the list, and the bar at the bottom when narrow.
    pub const RAIL: f32 = 64.0;
    /// The bar at the bottom of a narrow window.
    pub const RAIL_BOTTOM: f32 = 56.0;
    /// The chat list as first seen.
    pub const LIST: f32 = 320.0;
    /// The narrowest the list can be dragged.
    pub const LIST_MIN: f32 = 260.0;
    /// The widest the list can be dragged.
    pub const LIST_MAX: f32 = 420.0;
    /// The details beside a conversation.
    pub const DETAILS: f32 = 300.0;
    /// The bar above a conversation or list.
    pub const HEADER: f32 = 56.0;
    /// A row of the chat list.
    pub const CHAT_ROW: f32 = 68.0;
    /// A row of settings, contacts, menus.
    pub const ROW: f32 = 56.0;
    /// A row of a menu.
    pub const MENU_ROW: f32 = 36.0;
    /// The line that tells about the network.
    pub const STATUS_LINE: f32 = 32.0;
    /// Pictures beside messages.
    pub const AVATAR_SMALL: f32 = 32.0;
    /// Pictures in headers and the rail.
    pub const AVATAR_MEDIUM: f32 = 40.0;
    /// Pictures in the chat list.
    pub const AVATAR_LIST: f32 = 48.0;
    /// Pictures on a profile.
    pub const AVATAR_LARGE: f32 = 96.0;
    /// The presence dot.
    pub const DOT: f32 = 12.0;
    /// Unread badges.
    pub const BADGE: f32 = 20.0;
    /// The widest a bubble grows.
    pub const BUBBLE_MAX: f32 = 480.0;
    /// The widest a column of running text grows.
    pub const COLUMN: f32 = 640.0;
    /// The card of onboarding and unlock.
    pub const CARD: f32 = 440.0;
    /// The widest a dialog grows.
    pub const DIALOG: f32 = 400.0;
    /// The narrowest a menu is.
    pub const MENU: f32 = 200.0;
    /// A QR code that needs few modules, or that has a low window.
    pub const CODE_SMALL: f32 = 188.0;
    /// A switch, and the knob within it.
    pub const SWITCH: [f32; 2] = [36.0, 20.0];
    /// Between the edge of a switch and its knob.
    pub const KNOB_GAP: f32 = 3.0;
    /// The initials on a disc, of its side.
    pub const INITIALS: f32 = 0.38;
    /// The sign in a place for a picture, of [`ICON_HERO`].
    pub const SIGN: f32 = 0.8;
    /// Where the middle of an empty screen's picture stands, of the height of the window.
    pub const EMPTY_LINE: f32 = 0.36;
    /// How much of the room that is left stands above a card.
    pub const ABOVE_CARD: f32 = 0.45;
    /// The same where the card is the whole of a narrow window.
    pub const ABOVE_CARD_NARROW: f32 = 0.3;
    /// How much of its circle the ring goes round that shows work.
    pub const RING: f32 = 0.72;
    /// What stands above and below the people in the dialog of a new group.
    pub const NEW_GROUP_REST: f32 = 340.0;
    /// The logo on the first screen.
    pub const LOGO: f32 = 72.0;
    /// A bar that fills up.
    pub const METER: f32 = 4.0;
    /// The scroll bar under the pointer.
    pub const SCROLL_BAR: f32 = 8.0;
    /// The shortest a scroll bar's handle gets.
    pub const SCROLL_HANDLE_MIN: f32 = 32.0;
    /// From here on there is a rail, a list and content side by side, and room for details.
    pub const WIDE_FROM: f32 = 960.0;
    /// From here on there is a rail and a list beside the content.
    pub const MEDIUM_FROM: f32 = 600.0;
    /// Below this height a window is low: what is wanted most stands first.
    pub const LOW_BELOW: f32 = 600.0;
    /// The smallest window.
    pub const WINDOW_MIN: [f32; 2] = [360.0, 480.0];
    /// The window as first seen.
    pub const WINDOW: [f32; 2] = [1100.0, 720.0];
}

/// How long things take.
pub mod motion {
    use std::time::Duration;

    /// Hover and press.
    pub const QUICK_S: f32 = 0.12;
    /// Menus, dialogs and toasts appearing.
    pub const APPEAR_S: f32 = 0.16;
    /// Before a running request shows that it runs.
    pub const BUSY_AFTER_MS: u64 = 200;
    /// One turn of the ring that shows work.
    pub const TURN_S: f64 = 0.9;
    /// How long a toast stays.
    pub const TOAST_MS: u64 = 5_000;
    /// How long one stays that says what went wrong, and what to do.
    pub const TOAST_BAD_MS: u64 = 12_000;
    /// The longest that a window at rest trusts its clock: the machine may have slept, or been told another time.
    pub const CLOCK: Duration = Duration::from_secs(60 * 60);
    /// The next picture of something that moves.
    pub const FRAME: Duration = Duration::from_millis(33);
    /// How long a second launch waits for the first to answer.
    pub const KNOCK: Duration = Duration::from_secs(2);
    /// How long a closing node is waited for.
    pub const CLOSING: Duration = Duration::from_secs(5);
}

#[cfg(test)]
#[path = "contrast_tests.rs"]
pub(super) mod tests;
