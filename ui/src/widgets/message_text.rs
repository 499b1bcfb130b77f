//! The words of a message: selectable, with the marks people type turned into looks and with links that can be
//! clicked, reached by Tab, and that say whose they are before anybody opens them.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{CCursor, LayoutJob, TextFormat, TextWrapping};
use egui::text_selection::LabelSelectionState;
use egui::{Align, FontId, Galley, Id, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::bidi;
use crate::model::rich_text::{self, Link, Look};
use crate::t;
use crate::theme::{Palette, Type, append_section, palette, size};

/// A message longer than this many lines is folded until its reader unfolds it.
pub const FOLD_AT_LINES: usize = 20;

/// Laid-out words and the links among them.
pub struct MessageText {
    galley: Arc<Galley>,
    links: Vec<(Place, Link)>,
    /// The words in the order of reading, where the galley holds them in the order of the screen.
    said: Option<String>,
    folded: bool,
}

/// Where a link stands.
enum Place {
    /// Among the letters of the galley.
    Letters(Range<usize>),
    /// In a line, so far from its left end.
    Line { row: usize, from: f32, to: f32 },
}

/// A part of a text without its marks.
struct Part {
    /// Its bytes in the text without marks.
    range: Range<usize>,
    look: Look,
    link: Option<Link>,
}

impl MessageText {
    /// Lays `text` out in lines of at most `width` points, folded after [`FOLD_AT_LINES`] unless `unfolded`.
    pub fn layout(ui: &Ui, text: &str, width: f32, unfolded: bool) -> Self {
        let palette = palette(ui);
        if bidi::has_rtl(text) {
            return Self::two_ways(ui, text, width, unfolded);
        }
        let links = rich_text::links(text);
        let wrap = TextWrapping {
            max_width: width,
            max_rows: if unfolded { usize::MAX } else { FOLD_AT_LINES },
            overflow_character: Some('…'),
            break_anywhere: false,
        };
        let mut job = LayoutJob {
            wrap,
            ..LayoutJob::default()
        };
        let mut placed = Vec::new();
        let mut letters = 0;
        if rich_text::only_emoji(text).is_some() {
            job.append(text.trim(), 0.0, large(palette));
        } else {
            for span in rich_text::spans(text, &links) {
                let Some(words) = text.get(span.range.clone()) else {
                    continue;
                };
                let count = words.chars().count();
                if let Some(link) = links.iter().find(|link| link.range == span.range) {
                    placed.push((Place::Letters(letters..letters + count), link.clone()));
                }
                letters += count;
                job.append(words, 0.0, format(span.look, palette));
            }
        }
        let galley = ui.painter().layout_job(job);
        Self {
            folded: galley.elided,
            galley,
            links: placed,
            said: None,
        }
    }

    /// Lays out a text with words from right to left: broken in the order of reading, painted in that of the screen,
    /// one section a piece, because egui gives each section the direction of its script.
    fn two_ways(ui: &Ui, text: &str, width: f32, unfolded: bool) -> Self {
        let palette = palette(ui);
        let (said, parts) = parts(text);
        let mut measure = |words: &str| Type::Body.width(ui.painter(), words);
        let lines = bidi::lines(&said, width, &mut measure);
        let rows = if unfolded { usize::MAX } else { FOLD_AT_LINES };
        let folded = lines.len() > rows;
        let mut job = LayoutJob {
            halign: if bidi::starts_rtl(&said) {
                Align::RIGHT
            } else {
                Align::LEFT
            },
            ..LayoutJob::default()
        };
        job.wrap.max_width = width;
        let mut placed = Vec::new();
        for (row, line) in lines.into_iter().take(rows).enumerate() {
            if row > 0 {
                job.append("\n", 0.0, format(Look::Plain, palette));
            }
            let words = said.get(line.clone()).unwrap_or_default();
            let mut from = 0.0;
            for (piece, part) in bidi::visual(words)
                .iter()
                .flat_map(|piece| parts_of(&parts, line.start, piece))
            {
                let mut buffer = [0; 4];
                let shown = bidi::shown(words, &piece, &mut buffer);
                let to = from + measure(shown);
                if let Some(link) = &part.link {
                    placed.push((Place::Line { row, from, to }, link.clone()));
                }
                from = to;
                append_section(&mut job, shown, format(part.look, palette));
            }
        }
        Self {
            galley: ui.painter().layout_job(job),
            links: placed,
            said: Some(said),
            folded,
        }
    }

    /// How much room the words take.
    pub fn size(&self) -> egui::Vec2 {
        self.galley.size()
    }

    /// How wide the last line is, for what may stand behind it.
    pub fn last_line_width(&self) -> f32 {
        if self.galley.job.halign == Align::RIGHT {
            // Nothing stands behind what ends at the left.
            return f32::INFINITY;
        }
        self.galley.rows.last().map_or(0.0, |row| row.rect().right())
    }

    /// Whether lines were folded away.
    pub fn folded(&self) -> bool {
        self.folded
    }

    /// Paints the words at `at`; answers with what the pointer did to them, and the link that was opened.
    pub fn show_ui(&self, ui: &Ui, id: Id, at: Pos2) -> (Response, Option<Link>) {
        let palette = palette(ui);
        let rect = Rect::from_min_size(at, self.galley.size());
        // A galley that is aligned to the right stands left of its own origin.
        let at = at - self.galley.rect.min.to_vec2();
        let mut sense = Sense::click_and_drag();
        // A message is read, not operated: Tab goes to what can be opened in it.
        sense -= Sense::FOCUSABLE;
        let response = ui.interact(rect, id, sense);
        let said = self.said.as_deref().unwrap_or(self.galley.text());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
        if self.said.is_some() {
            // What is selected would be copied in the order of the screen. The menu copies what was written.
            ui.painter().galley(at, Arc::clone(&self.galley), palette.text);
        } else {
            LabelSelectionState::label_text_selection(
                ui,
                &response,
                at,
                Arc::clone(&self.galley),
                palette.text,
                Stroke::NONE,
            );
        }
        let mut opened = None;
        for (index, (place, link)) in self.links.iter().enumerate() {
            let rects = match place {
                Place::Letters(range) => self.rects(range, at),
                Place::Line { row, from, to } => self.rect_in(*row, *from..=*to, at).into_iter().collect(),
            };
            if link_ui(ui, id.with(index), &rects, link) {
                opened = Some(link.clone());
            }
        }
        (response, opened)
    }

    /// Where on the screen a part of a line stands.
    fn rect_in(&self, row: usize, part: std::ops::RangeInclusive<f32>, at: Pos2) -> Option<Rect> {
        let row = self.galley.rows.get(row)?.rect().translate(at.to_vec2());
        let across = row.left() + part.start()..=row.left() + part.end();
        Some(Rect::from_x_y_ranges(across, row.y_range()))
    }

    /// Where on the screen the letters of `range` stand, one rectangle a line.
    fn rects(&self, range: &Range<usize>, at: Pos2) -> Vec<Rect> {
        let mut rects = Vec::new();
        let mut line_start = 0;
        for row in &self.galley.rows {
            let shown = row.char_count_excluding_newline().0;
            let from = range.start.clamp(line_start, line_start + shown);
            let to = range.end.clamp(line_start, line_start + shown);
            if from < to {
                let left = self.galley.pos_from_cursor(CCursor {
                    index: from.into(),
                    prefer_next_row: true,
                });
                let right = self.galley.pos_from_cursor(CCursor {
                    index: to.into(),
                    prefer_next_row: false,
                });
                rects.push(left.union(right).translate(at.to_vec2()));
            }
            line_start += row.char_count_including_newline().0;
        }
        rects
    }
}

/// The text without its marks, and what its parts look like.
fn parts(text: &str) -> (String, Vec<Part>) {
    let links = rich_text::links(text);
    let mut said = String::new();
    let mut parts = Vec::new();
    for span in rich_text::spans(text, &links) {
        let Some(words) = text.get(span.range.clone()) else {
            continue;
        };
        let from = said.len();
        said.push_str(words);
        parts.push(Part {
            range: from..said.len(),
            look: span.look,
            link: links.iter().find(|link| link.range == span.range).cloned(),
        });
    }
    (said, parts)
}

/// A piece of a line that begins at `line`, cut where the look changes; in the order of the screen.
fn parts_of<'a>(parts: &'a [Part], line: usize, piece: &bidi::Piece) -> Vec<(bidi::Piece, &'a Part)> {
    let (from, to) = (piece.range.start + line, piece.range.end + line);
    let mut cut: Vec<_> = parts
        .iter()
        .filter(|part| part.range.start < to && from < part.range.end)
        .map(|part| {
            let range = part.range.start.max(from) - line..part.range.end.min(to) - line;
            let piece = bidi::Piece {
                range,
                ..piece.clone()
            };
            (piece, part)
        })
        .collect();
    if piece.rtl {
        cut.reverse();
    }
    cut
}

fn link_ui(ui: &Ui, id: Id, rects: &[Rect], link: &Link) -> bool {
    let name = if link.host == "kith" {
        t!("link-invite")
    } else {
        t!("link-open", host = link.host.as_str())
    };
    let mut opened = false;
    let mut focused = false;
    for (line, rect) in rects.iter().enumerate() {
        let mut sense = Sense::click();
        if line > 0 {
            sense -= Sense::FOCUSABLE;
        }
        let response = ui.interact(*rect, id.with(line), sense);
        if line == 0 {
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &name));
            focused = response.has_focus();
        }
        opened |= response.clicked();
        response
            .on_hover_cursor(egui::CursorIcon::PointingHand)
            .on_hover_text(&name);
    }
    if focused {
        let stroke = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        for rect in rects {
            ui.painter().rect_stroke(
                rect.expand(1.0),
                crate::theme::radius::BUBBLE_TAIL,
                stroke,
                egui::StrokeKind::Outside,
            );
        }
    }
    opened
}

fn large(palette: &Palette) -> TextFormat {
    let font_id = FontId {
        size: size::ICON_HERO,
        ..Type::Body.font()
    };
    TextFormat {
        font_id,
        color: palette.text,
        valign: Align::Center,
        ..TextFormat::default()
    }
}

fn format(look: Look, palette: &Palette) -> TextFormat {
    let body = Type::Body.format(palette.text);
    match look {
        Look::Plain => body,
        Look::Bold => TextFormat {
            font_id: Type::BodyStrong.font(),
            ..body
        },
        Look::Italic => TextFormat {
            italics: true,
            ..body
        },
        Look::Code => TextFormat {
            font_id: Type::Mono.font(),
            background: palette.text.gamma_multiply_u8(16),
            ..body
        },
        Look::Link => TextFormat {
            color: palette.accent,
            underline: Stroke::new(size::HAIRLINE, palette.accent),
            ..body
        },
    }
}
