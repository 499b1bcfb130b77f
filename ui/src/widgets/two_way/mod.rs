//! A text in which some words read from right to left, laid out in the order of the screen, and the way back: which
//! letter stands where, so that it can be selected, copied and edited in the order of reading (`ruler`).

mod ruler;

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontId, Galley, Painter, Pos2, Rangef, Rect, vec2};

pub use self::ruler::{Aim, Marks, unseen};
use crate::bidi::{self, Piece};
use crate::theme::{Type, append_section};

/// Selected parts closer than this are painted as one.
const SEAM: f32 = 0.5;

/// A text in the order of the screen.
pub struct TwoWay {
    text: String,
    galley: Arc<Galley>,
    lines: Vec<Line>,
    folded: bool,
}

/// A line after breaking.
struct Line {
    /// Its bytes in the text, without a line feed.
    range: Range<usize>,
    /// How many letters come before it, and how many it has.
    first: usize,
    letters: usize,
    /// A line feed follows.
    ends: bool,
    rtl: bool,
    pieces: Vec<Placed>,
    rect: Rect,
}

/// A piece of a line and where it stands, from left to right.
struct Placed {
    piece: Piece,
    font: FontId,
    from: f32,
    to: f32,
}

/// A letter's place in its line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Letter {
    from: f32,
    to: f32,
    rtl: bool,
}

impl Letter {
    /// The edge at which reading enters it.
    fn before(self) -> f32 {
        if self.rtl { self.to } else { self.from }
    }

    /// The edge at which reading leaves it.
    fn behind(self) -> f32 {
        if self.rtl { self.from } else { self.to }
    }
}

/// Cuts a piece of the line that begins at a byte where the look changes, in the order of the screen.
pub type Looks<'a> = dyn Fn(usize, &Piece) -> Vec<(Piece, TextFormat)> + 'a;

/// How a text is cut into lines.
#[derive(Clone, Copy, Debug)]
pub struct Fit {
    /// The widest line, in points.
    pub width: f32,
    /// The most lines.
    pub rows: usize,
    /// Lines that read from right to left stand at the right end of `width`, not of the widest line.
    pub fill: bool,
}

impl TwoWay {
    /// Lays `text` out.
    pub fn layout(painter: &Painter, text: &str, fit: Fit, style: &Looks<'_>) -> Self {
        let mut measure = |words: &str| Type::Body.width(painter, words);
        let ranges = bidi::lines(text, fit.width, &mut measure);
        let folded = ranges.len() > fit.rows;
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        let mut lines: Vec<Line> = Vec::new();
        for range in ranges.into_iter().take(fit.rows) {
            let mut line = Line::new(text, range, lines.last());
            if !lines.is_empty() {
                append_section(&mut job, "\n", Type::Body.format(Color32::PLACEHOLDER));
            }
            line.append(painter, &mut job, text, style);
            lines.push(line);
        }
        let mut galley = painter.layout_job(job);
        align(Arc::make_mut(&mut galley), &mut lines, fit);
        let shown = lines.last().map_or(0, |line| line.range.end);
        Self {
            text: text.get(..shown).unwrap_or_default().to_owned(),
            galley,
            lines,
            folded,
        }
    }

    /// A text of one look, as a field shows it.
    pub fn plain(painter: &Painter, text: &str, width: f32, color: Color32) -> Self {
        let fit = Fit {
            width,
            rows: usize::MAX,
            fill: true,
        };
        Self::layout(painter, text, fit, &|_, piece| {
            vec![(piece.clone(), Type::Body.format(color))]
        })
    }

    /// What is painted.
    pub fn galley(&self) -> &Arc<Galley> {
        &self.galley
    }

    /// Whether lines were left out.
    pub fn folded(&self) -> bool {
        self.folded
    }

    /// How wide the last line is, unless it ends at the left, where nothing can follow it.
    pub fn last_line_width(&self) -> Option<f32> {
        let last = self.lines.last().filter(|line| !line.rtl)?;
        Some(last.rect.right())
    }

    /// The letters of the lines between two heights, counted from the top of the text.
    pub fn letters_within(&self, heights: Rangef) -> Range<usize> {
        let first = self
            .lines
            .partition_point(|line| line.rect.bottom() < heights.min);
        let end = self.lines.partition_point(|line| line.rect.top() <= heights.max);
        let lines = self.lines.get(first..end).unwrap_or_default();
        match (lines.first(), lines.last()) {
            (Some(first), Some(last)) => first.first..last.first + last.letters,
            _ => 0..0,
        }
    }

    /// Where the letters of `range` stand, counted in the order of reading: one rectangle a line and direction.
    pub fn rects(&self, painter: &Painter, range: &Range<usize>) -> Vec<Rect> {
        let mut rects = Vec::new();
        for line in &self.lines {
            let from = range.start.clamp(line.first, line.first + line.letters) - line.first;
            let to = range.end.clamp(line.first, line.first + line.letters) - line.first;
            if from >= to {
                continue;
            }
            let letters = self.letters(painter, line);
            let mut parts = letters.get(from..to).unwrap_or_default().to_vec();
            parts.sort_by(|one, other| one.from.total_cmp(&other.from));
            let mut open: Option<(f32, f32)> = None;
            for part in parts {
                open = match open {
                    Some((from, to)) if part.from <= to + SEAM => Some((from, to.max(part.to))),
                    done => {
                        rects.extend(done.map(|(from, to)| line.across(from, to)));
                        Some((part.from, part.to))
                    }
                };
            }
            rects.extend(open.map(|(from, to)| line.across(from, to)));
        }
        rects
    }

    /// Paints it at `at`, what is selected on a ground of `selection`.
    pub fn paint(&self, painter: &Painter, at: Pos2, selected: &[Range<usize>], selection: Color32) {
        for rect in selected.iter().flat_map(|range| self.rects(painter, range)) {
            painter.rect_filled(rect.translate(at.to_vec2()), 0.0, selection);
        }
        painter.galley(at, Arc::clone(&self.galley), Color32::PLACEHOLDER);
    }

    /// The places of a line's letters, in the order of reading. Letters are measured by the words before them: in
    /// scripts that join, where a letter ends is a convention anyway.
    fn letters(&self, painter: &Painter, line: &Line) -> Vec<Letter> {
        let said = self.text.get(line.range.clone()).unwrap_or_default();
        let mut letters = vec![None; line.letters];
        for placed in &line.pieces {
            let words = said.get(placed.piece.range.clone()).unwrap_or_default();
            let before = said.get(..placed.piece.range.start).unwrap_or_default();
            let whole = placed.to - placed.from;
            let ends = words.char_indices().map(|(at, letter)| at + letter.len_utf8());
            let mut used = 0.0_f32;
            for (end, place) in ends.zip(letters.iter_mut().skip(before.chars().count())) {
                let width = if end == words.len() {
                    whole
                } else {
                    width_of(painter, words.get(..end).unwrap_or_default(), &placed.font)
                        .clamp(used, whole.max(used))
                };
                let (from, to) = if placed.piece.rtl {
                    (placed.to - width, placed.to - used)
                } else {
                    (placed.from + used, placed.from + width)
                };
                used = width;
                let rtl = placed.piece.rtl;
                *place = Some(Letter { from, to, rtl });
            }
        }
        letters.into_iter().flatten().collect()
    }
}

impl Line {
    fn new(text: &str, range: Range<usize>, above: Option<&Self>) -> Self {
        let words = text.get(range.clone()).unwrap_or_default();
        let before = text.get(..range.start).unwrap_or_default();
        let begins = before.rfind('\n').map_or(0, |at| at + 1);
        let paragraph = text.get(begins..).and_then(|rest| rest.split('\n').next());
        let first = above.map_or(0, |above| above.first + above.letters + usize::from(above.ends));
        Self {
            first,
            letters: words.chars().count(),
            ends: text.get(range.end..).is_some_and(|rest| rest.starts_with('\n')),
            rtl: bidi::starts_rtl(paragraph.unwrap_or_default()),
            pieces: Vec::new(),
            rect: Rect::ZERO,
            range,
        }
    }

    fn append(&mut self, painter: &Painter, job: &mut LayoutJob, text: &str, style: &Looks<'_>) {
        let words = text.get(self.range.clone()).unwrap_or_default();
        let mut from = 0.0;
        for (piece, format) in bidi::visual_in(words, Some(self.rtl))
            .iter()
            .flat_map(|piece| style(self.range.start, piece))
        {
            let mut buffer = [0; 4];
            let shown = bidi::shown(words, &piece, &mut buffer);
            let font = format.font_id.clone();
            let to = from + width_of(painter, shown, &font);
            append_section(job, shown, format);
            self.pieces.push(Placed {
                piece,
                font,
                from,
                to,
            });
            from = to;
        }
    }

    /// Where a caret stands behind all letters.
    fn end(&self, letters: &[Letter]) -> f32 {
        match letters.last() {
            Some(last) => last.behind(),
            None if self.rtl => self.rect.right(),
            None => self.rect.left(),
        }
    }

    fn across(&self, from: f32, to: f32) -> Rect {
        Rect::from_x_y_ranges(from..=to, self.rect.y_range())
    }
}

/// Puts each line at its side.
fn align(galley: &mut Galley, lines: &mut [Line], fit: Fit) {
    let widest = galley.rows.iter().map(|row| row.size.x).fold(0.0, f32::max);
    let block = if fit.fill { fit.width.max(widest) } else { widest };
    for (placed, line) in galley.rows.iter_mut().zip(lines) {
        if line.rtl {
            placed.pos.x = block - placed.row.size.x;
        }
        for piece in &mut line.pieces {
            piece.from += placed.pos.x;
            piece.to += placed.pos.x;
        }
        line.rect = placed.rect();
    }
    galley.rect = Rect::from_min_size(Pos2::ZERO, vec2(block, galley.rect.height()));
    galley.mesh_bounds = galley.mesh_bounds.union(galley.rect);
}

fn width_of(painter: &Painter, words: &str, font: &FontId) -> f32 {
    let galley = painter.layout_no_wrap(words.to_owned(), font.clone(), Color32::PLACEHOLDER);
    galley.size().x
}

#[cfg(test)]
mod tests;
