//! Kinds of text: which font, which size, how high a line.
//!
//! Bold is a family of its own, cut from the same variable font, because egui has no weights. Lines are 1.35 times
//! the size, rounded to whole points so that rows stay on the pixel grid.

use std::sync::Arc;

use egui::text::{LayoutJob, LayoutSection, TextFormat, TextWrapping};
use egui::{Align, Color32, FontFamily, FontId, Galley, Painter, RichText};

use crate::{bidi, fonts};

/// What a text is; decides its size, weight and line height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Times, counters, hints: 13; digits are all as wide.
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
            Self::Caption => fonts::figures(),
            Self::CaptionStrong => fonts::medium_figures(),
            Self::Secondary | Self::Body => FontFamily::Proportional,
            Self::BodyStrong => fonts::medium(),
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
        let text = text.into();
        let text = if bidi::has_rtl(&text) {
            let lines: Vec<_> = text.split('\n').map(bidi::reordered).collect();
            lines.join("\n")
        } else {
            text
        };
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
        let text = text.into();
        if bidi::has_rtl(&text) {
            return self.two_ways(painter, &text, color, width, usize::MAX);
        }
        let mut job = LayoutJob::single_section(text, self.format(color));
        job.wrap = TextWrapping {
            max_width: width.max(0.0),
            ..TextWrapping::default()
        };
        painter.layout_job(job)
    }

    /// [`Type::wrapped`] with each line in the middle: the galley's origin is the middle of its upper edge.
    pub fn centred(self, painter: &Painter, text: &str, color: Color32, width: f32) -> Arc<Galley> {
        let mut job = LayoutJob::clone(&self.wrapped(painter, text, color, width).job);
        job.halign = Align::Center;
        painter.layout_job(job)
    }

    /// How wide `text` is in one line.
    pub fn width(self, painter: &Painter, text: &str) -> f32 {
        let galley = painter.layout_no_wrap(text.to_owned(), self.font(), Color32::PLACEHOLDER);
        galley.size().x
    }

    /// Lays out a text with words from right to left: broken in the order of reading, painted in that of the screen.
    fn two_ways(self, painter: &Painter, text: &str, color: Color32, width: f32, rows: usize) -> Arc<Galley> {
        let mut measure = |words: &str| self.width(painter, words);
        let ranges = if rows == 1 {
            std::iter::once(0..text.len()).collect()
        } else {
            bidi::lines(text, width, &mut measure)
        };
        let cut = ranges.len() > rows;
        let shown: Vec<_> = ranges.into_iter().take(rows).collect();
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        for (index, range) in shown.iter().enumerate() {
            let words = text.get(range.clone()).unwrap_or_default().trim_end();
            let ends = index + 1 == shown.len();
            let fitted = if ends && (cut || measure(words) > width) {
                fit(words, width, &mut measure)
            } else {
                words.to_owned()
            };
            if index > 0 {
                job.append("\n", 0.0, self.format(color));
            }
            self.append_pieces(&mut job, &fitted, color);
        }
        painter.layout_job(job)
    }

    /// Appends one line to `job`; with words from right to left in it, cut to `width` and in the order of the screen.
    pub fn append_line(self, painter: &Painter, job: &mut LayoutJob, line: &str, color: Color32, width: f32) {
        if !bidi::has_rtl(line) {
            job.append(line, 0.0, self.format(color));
            return;
        }
        let mut measure = |words: &str| self.width(painter, words);
        if measure(line) > width {
            self.append_pieces(job, &fit(line, width, &mut measure), color);
        } else {
            self.append_pieces(job, line, color);
        }
    }

    fn append_pieces(self, job: &mut LayoutJob, line: &str, color: Color32) {
        let mut buffer = [0; 4];
        for piece in bidi::visual(line) {
            append_section(job, bidi::shown(line, &piece, &mut buffer), self.format(color));
        }
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
        if bidi::has_rtl(&text) {
            return self.two_ways(painter, &text, color, width, rows.max(1));
        }
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

/// The longest beginning of `words` that fits in `width` together with an ellipsis.
fn fit(words: &str, width: f32, measure: &mut dyn FnMut(&str) -> f32) -> String {
    let ends: Vec<usize> = words.char_indices().map(|(at, _)| at).collect();
    let with_ellipsis = |end: usize| format!("{}…", words.get(..end).unwrap_or_default().trim_end());
    let fitting = ends.partition_point(|end| measure(&with_ellipsis(*end)) <= width);
    let end = fitting.checked_sub(1).and_then(|last| ends.get(last));
    with_ellipsis(end.copied().unwrap_or(0))
}

/// Appends `text` as a section of its own. [`LayoutJob::append`] would join it with a neighbour of the same look, and
/// egui gives each section one direction.
pub fn append_section(job: &mut LayoutJob, text: &str, format: TextFormat) {
    let start = job.text.len();
    job.text.push_str(text);
    job.sections.push(LayoutSection {
        leading_space: 0.0,
        byte_range: start.into()..job.text.len().into(),
        format,
    });
}
