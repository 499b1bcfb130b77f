//! Kinds of text: which font, which size, how high a line.
//!
//! Bold is a family of its own, cut from the same variable font, because egui has no weights. Lines are 1.35 times
//! the size, rounded to whole points so that rows stay on the pixel grid.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align, Color32, FontFamily, FontId, Galley, Painter, RichText};

use crate::fonts;

/// What a text is; decides its size, weight and line height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Times, counters, hints: 13.
    Caption,
    /// The same, heavier: badges, section heads.
    CaptionStrong,
    /// The second line of a row: 14.
    Secondary,
    /// What is read: 15.
    Body,
    /// Names in lists, labels of buttons: 15, heavier.
    BodyStrong,
    /// Headers: 17, heavier.
    Title,
    /// The name of a screen: 22, heavier.
    Screen,
    /// Keys, links, code: 14, every letter as wide.
    Mono,
}

impl Type {
    /// Its size in points.
    pub const fn size(self) -> f32 {
        match self {
            Self::Caption | Self::CaptionStrong => 13.0,
            Self::Secondary | Self::Mono => 14.0,
            Self::Body | Self::BodyStrong => 15.0,
            Self::Title => 17.0,
            Self::Screen => 22.0,
        }
    }

    /// The height of one line in points.
    pub fn line_height(self) -> f32 {
        (self.size() * 1.35).round()
    }

    /// Its font.
    pub fn font(self) -> FontId {
        FontId::new(self.size(), self.family())
    }

    fn family(self) -> FontFamily {
        match self {
            Self::Caption | Self::Secondary | Self::Body => FontFamily::Proportional,
            Self::CaptionStrong | Self::BodyStrong => fonts::medium(),
            Self::Title | Self::Screen => fonts::bold(),
            Self::Mono => FontFamily::Monospace,
        }
    }

    /// How egui formats it in `color`.
    pub fn format(self, color: Color32) -> TextFormat {
        TextFormat {
            font_id: self.font(),
            line_height: Some(self.line_height()),
            color,
            valign: Align::Center,
            ..TextFormat::default()
        }
    }

    /// A text for egui's own labels.
    pub fn rich(self, text: impl Into<String>, color: Color32) -> RichText {
        RichText::new(text)
            .font(self.font())
            .line_height(Some(self.line_height()))
            .color(color)
    }

    /// `text` laid out in lines of at most `width` points.
    pub fn wrapped(
        self,
        painter: &Painter,
        text: impl Into<String>,
        color: Color32,
        width: f32,
    ) -> Arc<Galley> {
        let mut job = LayoutJob::single_section(text.into(), self.format(color));
        job.wrap = TextWrapping {
            max_width: width.max(0.0),
            ..TextWrapping::default()
        };
        painter.layout_job(job)
    }

    /// `text` laid out in one line; what does not fit in `width` points ends in an ellipsis.
    pub fn one_line(self, painter: &Painter, text: &str, color: Color32, width: f32) -> Arc<Galley> {
        self.lines(painter, text, color, width, 1)
    }

    /// `text` laid out in at most `rows` lines; the last ends in an ellipsis if there is more. Within one line,
    /// line breaks become spaces.
    pub fn lines(
        self,
        painter: &Painter,
        text: &str,
        color: Color32,
        width: f32,
        rows: usize,
    ) -> Arc<Galley> {
        let text = if rows == 1 {
            text.replace(['\n', '\r'], " ")
        } else {
            text.to_owned()
        };
        let mut job = LayoutJob::single_section(text, self.format(color));
        job.break_on_newline = rows > 1;
        job.wrap = TextWrapping {
            max_width: width.max(0.0),
            max_rows: rows.max(1),
            break_anywhere: rows == 1,
            overflow_character: Some('…'),
        };
        painter.layout_job(job)
    }
}
