//! How everything looks: the one place that names colours, sizes and durations.
//!
//! `tokens` holds the values, `text` turns them into fonts and laid-out text, `visuals` hands them to egui so that
//! its own widgets (text fields, scroll bars, popups) wear the same clothes. Views and widgets ask
//! [`palette`] for colours and use the constants of [`space`], [`radius`], [`size`] and [`motion`]; the test
//! `tokens_lint` finds whoever does not.

pub mod text;
pub mod tokens;
mod visuals;

pub use text::{Type, append_section};
#[cfg(test)]
pub(crate) use tokens::tests::told_apart;
pub use tokens::{DARK, LIGHT, Palette, hue_of, inset, motion, radius, size, space};
pub use visuals::{Appearance, ThemeChoice, apply, float_frame, shadow};

/// The colours in force for this `ui`: light or dark, as the person or the system chose.
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    palette_for(ui.visuals().dark_mode)
}

/// The colours of the dark or the light theme.
pub fn palette_for(dark: bool) -> &'static Palette {
    if dark { &DARK } else { &LIGHT }
}
