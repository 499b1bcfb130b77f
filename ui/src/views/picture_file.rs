//! A picture's file by its name, where the system has nothing to choose one with.

use std::path::PathBuf;

use egui::Ui;

use super::Cx;
use crate::action::Action;
use crate::t;
use crate::theme::{Type, palette};
use crate::widgets::button::Button;
use crate::widgets::field::Field;

/// The longest path that is taken, in letters.
const PATH_LETTERS: usize = 4_096;

/// Paints the field once choosing a picture came to nothing; `typed` is what stands in it.
pub fn file_ui(ui: &mut Ui, cx: &mut Cx<'_>, typed: &mut String) {
    if !cx.model.names_picture {
        return;
    }
    let hint = Type::Caption.rich(t!("picture-file-hint"), palette(ui).secondary);
    ui.add(egui::Label::new(hint).wrap());
    Field::new("picture file", &t!("picture-file"))
        .hint("/home/…")
        .limit(PATH_LETTERS)
        .show(ui, typed);
    let named = file_of(typed);
    let label = t!("picture-file-use");
    let button = Button::soft(&label).enabled(named.is_some());
    if button.show(ui).clicked()
        && let Some(path) = named
    {
        cx.act(Action::ReadPicture(path));
    }
}

/// The file that a person names: as typed, in quotes, or as a file manager copies it.
fn file_of(typed: &str) -> Option<PathBuf> {
    let named = typed.trim().trim_matches(['"', '\'']);
    let named = named.strip_prefix("file://").unwrap_or(named);
    if let Some(rest) = named.strip_prefix("~/") {
        let home = std::env::var_os("HOME")?;
        return Some(PathBuf::from(home).join(rest));
    }
    (!named.is_empty()).then(|| PathBuf::from(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_in_the_ways_people_copy_it() {
        for typed in [
            "/a b/me.png",
            " \"/a b/me.png\" ",
            "'/a b/me.png'",
            "file:///a b/me.png",
        ] {
            assert_eq!(file_of(typed), Some(PathBuf::from("/a b/me.png")), "{typed}");
        }
        assert_eq!(file_of("  "), None);
    }
}
