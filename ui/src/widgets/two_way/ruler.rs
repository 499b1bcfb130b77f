//! How a text that reads both ways is edited and selected.
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
use egui::text::LayoutJob;
use egui::text_selection::LabelSelectionState;
use egui::{Color32, Galley, Painter, Pos2, Response, Shape, Stroke, Style, Ui, UiBuilder, Vec2, pos2, vec2};

use super::{Letter, Line, SEAM, TwoWay};
use crate::theme::{Type, palette};

/// Farther than anything on a screen.
const FAR: f32 = 1.0e6;
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

impl TwoWay {
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

#[expect(clippy::cast_precision_loss, reason = "letters of one line")]
fn count(letters: usize) -> f32 {
    letters as f32
}
