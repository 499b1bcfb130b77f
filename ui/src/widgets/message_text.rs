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
use crate::theme::{Palette, Type, palette, size};
use crate::widgets::two_way::{Fit, TwoWay};

/// A message longer than this many lines is folded until its reader unfolds it.
pub const FOLD_AT_LINES: usize = 20;

/// Laid-out words and the links among them.
pub struct MessageText {
    galley: Arc<Galley>,
    /// Links, and the letters they take in the order of reading.
    links: Vec<(Range<usize>, Link)>,
    /// The words in the order of the screen, where that is not the order of reading.
    two_way: Option<(TwoWay, String)>,
    folded: bool,
}

/// What was done to words that were painted.
pub struct Painted {
    /// By the pointer.
    pub response: Response,
    /// The link that was opened.
    pub opened: Option<Link>,
    /// Where the link stands that the keyboard came to.
    pub reached: Option<Rect>,
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
                    placed.push((letters..letters + count, link.clone()));
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
            two_way: None,
        }
    }

    /// Lays out a text with words from right to left.
    fn two_ways(ui: &Ui, text: &str, width: f32, unfolded: bool) -> Self {
        let palette = palette(ui);
        let (said, parts) = parts(text);
        let fit = Fit {
            width,
            rows: if unfolded { usize::MAX } else { FOLD_AT_LINES },
            fill: false,
        };
        let two_way = TwoWay::layout(ui.painter(), &said, fit, &|line, piece| {
            let cut = parts_of(&parts, line, piece).into_iter();
            cut.map(|(piece, part)| (piece, format(part.look, palette)))
                .collect()
        });
        let letters = |bytes: usize| said.get(..bytes).map_or(0, |words| words.chars().count());
        let links = parts.iter().filter_map(|part| {
            let place = letters(part.range.start)..letters(part.range.end);
            Some((place, part.link.clone()?))
        });
        Self {
            links: links.collect(),
            galley: Arc::clone(two_way.galley()),
            folded: two_way.folded(),
            two_way: Some((two_way, said)),
        }
    }

    /// How much room the words take.
    pub fn size(&self) -> egui::Vec2 {
        self.galley.size()
    }

    /// How wide the last line is, for what may stand behind it.
    pub fn last_line_width(&self) -> f32 {
        if let Some((two_way, _)) = &self.two_way {
            return two_way.last_line_width().unwrap_or(f32::INFINITY);
        }
        self.galley.rows.last().map_or(0.0, |row| row.rect().right())
    }

    /// Whether lines were folded away.
    pub fn folded(&self) -> bool {
        self.folded
    }

    /// Paints the words at `at`.
    pub fn show_ui(&self, ui: &mut Ui, id: Id, at: Pos2) -> Painted {
        let rect = Rect::from_min_size(at, self.galley.size());
        let mut sense = Sense::click_and_drag();
        // A message is read, not operated: Tab goes to what can be opened in it.
        sense -= Sense::FOCUSABLE;
        let response = ui.interact(rect, id, sense);
        match &self.two_way {
            Some((two_way, said)) => {
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
                two_way.label_ui(ui, &response, at);
            }
            None => {
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.galley.text()));
                let galley = Arc::clone(&self.galley);
                let ink = palette(ui).text;
                LabelSelectionState::label_text_selection(ui, &response, at, galley, ink, Stroke::NONE);
            }
        }
        let mut opened = None;
        let mut reached = None;
        for (index, (letters, link)) in self.links.iter().enumerate() {
            let rects = match &self.two_way {
                Some((two_way, _)) => two_way
                    .rects(ui.painter(), letters)
                    .into_iter()
                    .map(|rect| rect.translate(at.to_vec2()))
                    .collect(),
                None => self.rects(letters, at),
            };
            let (pressed, focused) = link_ui(ui, id.with(index), &rects, link);
            if pressed {
                opened = Some(link.clone());
            }
            if focused {
                reached = rects.into_iter().reduce(Rect::union);
            }
        }
        Painted {
            response,
            opened,
            reached,
        }
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

/// Paints a link; gives whether it was opened, and whether the keyboard came to it.
fn link_ui(ui: &Ui, id: Id, rects: &[Rect], link: &Link) -> (bool, bool) {
    let name = if link.host == "kith" {
        t!("link-invite")
    } else {
        t!("link-open", host = link.host.as_str())
    };
    let mut opened = false;
    let mut focused = false;
    let mut gained = false;
    for (line, rect) in rects.iter().enumerate() {
        let mut sense = Sense::click();
        if line > 0 {
            sense -= Sense::FOCUSABLE;
        }
        let response = ui.interact(*rect, id.with(line), sense);
        if line == 0 {
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &name));
            focused = response.has_focus();
            gained = response.gained_focus();
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
    (opened, gained)
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
            color: palette.link,
            underline: Stroke::new(size::HAIRLINE, palette.link),
            ..body
        },
    }
}
