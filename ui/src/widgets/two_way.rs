//! A text in which some words read from right to left, laid out in the order of the screen, and the way back: which
//! letter stands where, so that it can be selected, copied and edited in the order of reading.
//!
//! egui has one order for everything: letter after letter, from left to right. Its editing and selecting are kept all
//! the same, by handing them a *ruler* in place of the text: a galley without ink that has the same lines, and in them one
//! mark for each letter in the order of reading. What is seen is painted by [`TwoWay`] itself. A press of the pointer
//! cannot be found on such a ruler, since egui looks for marks from left to right; so the ruler of a frame is bent until
//! the one place where the pointer is answers with the right letter, or, for the arrows that go up and down, until each
//! line answers with the letter that stands in the caret's column ([`Aim`]).

use std::ops::Range;
use std::sync::Arc;

use egui::epaint::text::RowVisuals;
use egui::text::{LayoutJob, TextFormat};
use egui::text_selection::LabelSelectionState;
use egui::{
    Color32, FontId, Galley, Painter, Pos2, Rangef, Rect, Response, Shape, Stroke, Style, Ui, UiBuilder,
    Vec2, pos2, vec2,
};

use crate::bidi::{self, Piece};
use crate::theme::{Type, append_section, palette};

/// Farther than anything on a screen.
const FAR: f32 = 1.0e6;
/// Selected parts closer than this are painted as one.
const SEAM: f32 = 0.5;

/// What the marks of a ruler stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Where the caret stands before each letter: for a field.
    Carets,
    /// The number of each letter in its line: what is selected can be read from what egui would have painted.
    Numbers,
}

/// What is looked for on a ruler in this frame: only there it answers with the right letter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// The letter at a point, from the upper left corner of the text: the pointer does something there.
    Point(Vec2),
    /// In each line, the letter so far from the left: the caret goes up or down.
    Column(f32),
}

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

    /// Paints it at `at` as a text that can be selected; `response` is its.
    pub fn label_ui(&self, ui: &mut Ui, response: &Response, at: Pos2) {
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let aim = pointer
            .filter(|_| response.contains_pointer())
            .map(|pointer| Aim::Point(pointer - at));
        let ruler = self.ruler(ui.painter(), Marks::Numbers, aim);
        // What egui paints on the ruler stands nowhere: it is read, and painted where the letters are.
        let unseen = ui.new_child(UiBuilder::new().style(unseen(ui)));
        let (ink, selection) = (palette(ui).text, ui.visuals().selection.bg_fill);
        LabelSelectionState::label_text_selection(&unseen, response, at, ruler, ink, Stroke::NONE);
        let layer = ui.layer_id();
        let selected = ui.ctx().graphics(|graphics| {
            match graphics
                .get(layer)?
                .all_entries()
                .last()
                .map(|entry| &entry.shape)
            {
                Some(Shape::Text(painted)) => Some(self.selected(&painted.galley)),
                _ => None,
            }
        });
        self.paint(ui.painter(), at, &selected.unwrap_or_default(), selection);
    }

    /// Paints it at `at`, what is selected on a ground of `selection`.
    pub fn paint(&self, painter: &Painter, at: Pos2, selected: &[Range<usize>], selection: Color32) {
        for rect in selected.iter().flat_map(|range| self.rects(painter, range)) {
            painter.rect_filled(rect.translate(at.to_vec2()), 0.0, selection);
        }
        painter.galley(at, Arc::clone(&self.galley), Color32::PLACEHOLDER);
    }

    /// The letter of a line before which the caret comes to stand; `None` when nobody aims at this line.
    fn aimed(&self, painter: &Painter, number: usize, aim: Option<Aim>) -> Option<usize> {
        let aim = aim?;
        if let Aim::Point(at) = aim {
            let below = |line: &Line| line.rect.bottom() < at.y;
            let row = self.lines.partition_point(below);
            (row.min(self.lines.len().checked_sub(1)?) == number).then_some(())?;
        }
        let line = self.lines.get(number)?;
        let letters = self.letters(painter, line);
        Some(match aim {
            Aim::Point(at) => pressed(&letters, at.x),
            Aim::Column(x) => below_caret(&letters, line.end(&letters), x),
        })
    }

    /// The galley that egui edits and selects in.
    pub fn ruler(&self, painter: &Painter, marks: Marks, aim: Option<Aim>) -> Arc<Galley> {
        let marked: Vec<_> = self.lines.iter().map(|line| "n".repeat(line.letters)).collect();
        let format = Type::Body.format(Color32::TRANSPARENT);
        let mut job = LayoutJob::single_section(marked.join("\n"), format.clone());
        job.wrap.max_width = f32::INFINITY;
        let mut galley = painter.layout_job(job);
        let ruler = Arc::make_mut(&mut galley);
        ruler.job = Arc::new(LayoutJob::single_section(self.text.clone(), format));
        ruler.rect = self.galley.rect;
        for (number, (placed, line)) in ruler.rows.iter_mut().zip(&self.lines).enumerate() {
            placed.pos = pos2(0.0, line.rect.top());
            placed.ends_with_newline = line.ends;
            let row = Arc::make_mut(&mut placed.row);
            row.visuals = RowVisuals::default();
            let letters = match marks {
                Marks::Carets => self.letters(painter, line),
                Marks::Numbers => Vec::new(),
            };
            let said = self.text.get(line.range.clone()).unwrap_or_default();
            let aimed = self.aimed(painter, number, aim);
            for ((index, glyph), letter) in row.glyphs.iter_mut().enumerate().zip(said.chars()) {
                glyph.chr = letter;
                glyph.first_vertex = 0;
                glyph.pos.x = letters.get(index).map_or(count(index), |letter| letter.before());
                // egui takes the first letter whose middle is right of the pointer.
                if let Some(column) = aimed {
                    let middle = if index < column { -FAR } else { FAR };
                    glyph.advance_width = 2.0 * (middle - glyph.pos.x);
                }
            }
            let end = match marks {
                Marks::Carets => line.end(&letters),
                Marks::Numbers => count(line.letters),
            };
            row.size = vec2(end, line.rect.height());
        }
        galley
    }

    /// Which letters egui has selected on a ruler of [`Marks::Numbers`], in the order of reading.
    pub fn selected(&self, ruler: &Galley) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for (placed, line) in ruler.rows.iter().zip(&self.lines) {
            let across = placed.visuals.mesh.vertices.iter().map(|vertex| vertex.pos.x);
            let (from, to) = across.fold((f32::INFINITY, f32::NEG_INFINITY), |(from, to), x| {
                (from.min(x), to.max(x))
            });
            if from < to {
                let number = |x: f32| {
                    (0..line.letters)
                        .take_while(|letter| count(*letter) + SEAM < x)
                        .count()
                };
                ranges.push(line.first + number(from)..line.first + number(to));
            }
        }
        ranges
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

/// The letter before which the caret stands after a press at `x`: the nearer edge of the letter there.
fn pressed(letters: &[Letter], x: f32) -> usize {
    let away = |letter: &Letter| (letter.from - x).max(x - letter.to).max(0.0);
    let nearest = letters
        .iter()
        .enumerate()
        .min_by(|(_, one), (_, other)| away(one).total_cmp(&away(other)));
    nearest.map_or(0, |(column, letter)| {
        let behind = (x - letter.behind()).abs() < (x - letter.before()).abs();
        column + usize::from(behind)
    })
}

/// The letter before which a caret is painted nearest to `x`, where the one behind all letters is painted at `end`.
fn below_caret(letters: &[Letter], end: f32, x: f32) -> usize {
    let carets = letters.iter().map(|letter| letter.before()).chain([end]);
    let nearest = carets
        .enumerate()
        .min_by(|(_, one), (_, other)| (one - x).abs().total_cmp(&(other - x).abs()));
    nearest.map_or(0, |(column, _)| column)
}

/// A style in which a selection leaves no ink.
pub fn unseen(ui: &Ui) -> Style {
    let mut style = Style::clone(ui.style());
    style.visuals.selection.bg_fill = Color32::TRANSPARENT;
    style.visuals.selection.stroke.color = Color32::TRANSPARENT;
    style
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

#[expect(clippy::cast_precision_loss, reason = "letters of one line")]
fn count(letters: usize) -> f32 {
    letters as f32
}

#[cfg(test)]
#[path = "two_way_tests.rs"]
mod tests;
