//! A person's picture in a circle: theirs if there is one, else their initials on a hue chosen by their key.

use egui::{Align2, Color32, CornerRadius, Rect, Response, Sense, TextureHandle, Ui, Vec2};

use super::presence;
use crate::fonts;
use crate::theme::{hue_of, palette, size};

/// Whose picture, and what is known of it.
#[derive(Clone, Copy)]
pub struct Avatar<'a> {
    /// The account's key; chooses the hue.
    pub key: &'a [u8],
    /// Their name; gives the initials.
    pub name: &'a str,
    /// Their picture, if it is here ([`crate::pictures::Pictures::get`]).
    pub picture: Option<&'a TextureHandle>,
    /// Whether to show the dot that says they are there.
    pub online: bool,
}

impl<'a> Avatar<'a> {
    /// Initials only.
    pub fn new(key: &'a [u8], name: &'a str) -> Self {
        Self {
            key,
            name,
            picture: None,
            online: false,
        }
    }

    /// With a picture, if there is one.
    pub fn picture(mut self, picture: Option<&'a TextureHandle>) -> Self {
        self.picture = picture;
        self
    }

    /// With a dot if they are there.
    pub fn online(mut self, online: bool) -> Self {
        self.online = online;
        self
    }

    /// Puts it into the layout, `diameter` points wide. It senses nothing: what holds it does.
    pub fn show(self, ui: &mut Ui, diameter: f32) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(diameter), Sense::hover());
        self.paint(ui, rect, palette(ui).window);
        response
    }

    /// Paints it into `rect`; `ground` is the colour behind it, which parts the dot from the picture.
    pub fn paint(self, ui: &Ui, rect: Rect, ground: Color32) {
        if !ui.is_rect_visible(rect) {
            return;
        }
        let painter = ui.painter();
        let radius = rect.width() / 2.0;
        if let Some(picture) = self.picture {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at most 255 by the clamp"
            )]
            let rounding = CornerRadius::same(radius.clamp(0.0, 255.0) as u8);
            egui::Image::new(picture)
                .corner_radius(rounding)
                .paint_at(ui, rect);
        } else {
            painter.circle_filled(rect.center(), radius, hue_of(self.key));
            let font = egui::FontId::new((rect.width() * size::INITIALS).round(), fonts::medium());
            let ink = palette(ui).on_accent;
            painter.text(
                rect.center(),
                Align2::CENTER_CENTER,
                initials(self.name),
                font,
                ink,
            );
        }
        if self.online {
            presence::dot_on_picture(ui, rect, ground);
        }
    }
}

/// The first letters of the first and the last word, uppercase; "?" of nothing. A letter keeps the marks that
/// belong to it, so that Devanagari syllables stay whole.
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .collect();
    let first = words.first().map(|word| first_syllable(word)).unwrap_or_default();
    let last = if words.len() > 1 {
        words.last().map(|word| first_syllable(word))
    } else {
        None
    };
    let both = format!("{first}{}", last.unwrap_or_default());
    if both.is_empty() { "?".to_owned() } else { both }
}

fn first_syllable(word: &str) -> String {
    let mut letters = word.chars().skip_while(|letter| !letter.is_alphanumeric());
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut syllable: String = first.to_uppercase().collect();
    // Vowel signs, nasal signs and joiners of Devanagari; combining accents of Latin.
    let is_mark = |letter: &char| matches!(*letter, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0903}' | '\u{093A}'..='\u{094F}');
    syllable.extend(letters.take_while(is_mark));
    syllable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_of_all_kinds_of_names() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("Ada King, Countess of Lovelace"), "AL");
        assert_eq!(initials("  (ada)  "), "A");
        assert_eq!(initials("मीरा शर्मा"), "मीश");
        assert_eq!(initials("élan"), "É");
        assert_eq!(initials("👻"), "?");
        assert_eq!(initials(""), "?");
    }
}
