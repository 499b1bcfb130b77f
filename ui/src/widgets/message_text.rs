//! The words of a message: selectable, with the marks people type turned into looks and with links that can be
//! clicked, reached by Tab, and that say whose they are before anybody opens them.

use std::ops::Range;
use std::sync::Arc;

use egui::cache::{ComputerMut, FrameCache};
use egui::text::{CCursor, LayoutJob, TextFormat, TextWrapping};
use egui::text_selection::LabelSelectionState;
use egui::{Align, FontId, Galley, Id, Pos2, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::bidi;
use crate::model::rich_text::{self, Link, Look};
use crate::t;
use crate::theme::{Palette, Type, palette, size};
use crate::widgets::two_way::{Fit, TwoWay};

/// A message longer than this many lines is folded until its reader unfolds it.
pub const FOLD_AT_LINES: usize = 20;

/// A folded message is looked at no further than this many letters: more than the lines that it shows can hold.
const FOLD_AT_LETTERS: usize = FOLD_AT_LINES * 256;

/// Laid-out words and the links among them.
pub struct MessageText {
    galley: Arc<Galley>,
    reading: Arc<Reading>,
    /// The words in the order of the screen, where that is not the order of reading.
    two_way: Option<TwoWay>,
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
}

/// What a text is made of. It is found out once and kept while the text shows.
struct Reading {
    /// The text without its marks.
    said: String,
    /// Its parts in order; they adjoin.
    parts: Vec<Part>,
    /// Links, and the letters they take in the order of reading.
    links: Vec<(Range<usize>, Link)>,
    has_rtl: bool,
    few_emoji: bool,
    /// More follows than was read.
    cut: bool,
}

#[derive(Default)]
struct Reader;

impl ComputerMut<(&str, bool), Arc<Reading>> for Reader {
    fn compute(&mut self, (text, unfolded): (&str, bool)) -> Arc<Reading> {
        Arc::new(Reading::of(text, unfolded))
    }
}

impl Reading {
    fn of(text: &str, unfolded: bool) -> Self {
        let end = match text.char_indices().nth(FOLD_AT_LETTERS) {
            Some((end, _)) if !unfolded => end,
            _ => text.len(),
        };
        let cut = end < text.len();
        let text = text.get(..end).unwrap_or(text);
        let mut reading = Self {
            said: String::new(),
            parts: Vec::new(),
            links: Vec::new(),
            has_rtl: bidi::has_rtl(text),
            few_emoji: rich_text::only_emoji(text).is_some(),
            cut,
        };
        if reading.few_emoji {
            text.trim().clone_into(&mut reading.said);
            return reading;
        }
        let links = rich_text::links(text);
        let spans = rich_text::spans(text, &links);
        let mut links = links.into_iter().peekable();
        let mut letters = 0;
        for span in spans {
            let words = text.get(span.range.clone()).unwrap_or_default();
            let from = reading.said.len();
            reading.said.push_str(words);
            let range = from..reading.said.len();
            reading.parts.push(Part {
                range,
                look: span.look,
            });
            let end = letters + words.chars().count();
            if let Some(link) = links.next_if(|link| link.range == span.range) {
                reading.links.push((letters..end, link));
            }
            letters = end;
        }
        if cut {
            let from = reading.said.len();
            reading.said.push('…');
            let range = from..reading.said.len();
            let look = Look::Plain;
            reading.parts.push(Part { range, look });
        }
        reading
    }
}

impl MessageText {
    /// Lays `text` out in lines of at most `width` points, folded after [`FOLD_AT_LINES`] unless `unfolded`.
    pub fn layout(ui: &Ui, text: &str, width: f32, unfolded: bool) -> Self {
        let reading = ui.memory_mut(|memory| {
            let readings = memory.caches.cache::<FrameCache<Arc<Reading>, Reader>>();
            Arc::clone(readings.get((text, unfolded)))
        });
        let palette = palette(ui);
        if reading.has_rtl {
            return Self::two_ways(ui, reading, width, unfolded);
        }
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
        if reading.few_emoji {
            job.append(&reading.said, 0.0, large(palette));
        }
        for part in &reading.parts {
            let words = reading.said.get(part.range.clone()).unwrap_or_default();
            job.append(words, 0.0, format(part.look, palette));
        }
        let galley = ui.painter().layout_job(job);
        Self {
            folded: galley.elided || reading.cut,
            galley,
            reading,
            two_way: None,
        }
    }

    /// Lays out a text with words from right to left.
    fn two_ways(ui: &Ui, reading: Arc<Reading>, width: f32, unfolded: bool) -> Self {
        let palette = palette(ui);
        let fit = Fit {
            width,
            rows: if unfolded { usize::MAX } else { FOLD_AT_LINES },
            fill: false,
        };
        let two_way = TwoWay::layout(ui.painter(), &reading.said, fit, &|line, piece| {
            let cut = parts_of(&reading.parts, line, piece).into_iter();
            cut.map(|(piece, part)| (piece, format(part.look, palette)))
                .collect()
        });
        Self {
            galley: Arc::clone(two_way.galley()),
            folded: two_way.folded() || reading.cut,
            reading,
            two_way: Some(two_way),
        }
    }

    /// How much room the words take.
    pub fn size(&self) -> egui::Vec2 {
        self.galley.size()
    }

    /// How wide the last line is, for what may stand behind it.
    pub fn last_line_width(&self) -> f32 {
        if let Some(two_way) = &self.two_way {
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
            Some(two_way) => {
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &self.reading.said));
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
        for (index, (letters, link)) in self.links_near(ui.clip_rect(), at) {
            let rects = match &self.two_way {
                Some(two_way) => two_way
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

    /// The links in sight and within as much again above and below, so that the keyboard comes to them one after another.
    /// A message may hold thousands.
    fn links_near(&self, sight: Rect, at: Pos2) -> impl Iterator<Item = (usize, &(Range<usize>, Link))> {
        let near = Rangef::new(sight.top() - sight.height(), sight.bottom() + sight.height());
        let near = Rangef::new(near.min - at.y, near.max - at.y);
        let letters = match &self.two_way {
            Some(two_way) => two_way.letters_within(near),
            None => self.letters_within(near),
        };
        let links = &self.reading.links;
        let first = links.partition_point(|(link, _)| link.end <= letters.start);
        let links = links.iter().enumerate().skip(first);
        links.take_while(move |(_, (link, _))| link.start < letters.end)
    }

    /// The letters of the lines between two heights, counted from the top of the text.
    fn letters_within(&self, heights: Rangef) -> Range<usize> {
        let (mut from, mut to) = (0, 0);
        for row in &self.galley.rows {
            let rect = row.rect();
            if rect.top() > heights.max {
                break;
            }
            let letters = row.char_count_including_newline().0;
            if rect.bottom() < heights.min {
                from += letters;
            }
            to += letters;
        }
        from..to
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

/// A piece of a line that begins at `line`, cut where the look changes; in the order of the screen.
fn parts_of<'a>(parts: &'a [Part], line: usize, piece: &bidi::Piece) -> Vec<(bidi::Piece, &'a Part)> {
    let (from, to) = (piece.range.start + line, piece.range.end + line);
    let first = parts.partition_point(|part| part.range.end <= from);
    let mut cut: Vec<_> = parts
        .iter()
        .skip(first)
        .take_while(|part| part.range.start < to)
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
    let name = || {
        if link.host == "kith" {
            t!("link-invite")
        } else {
            t!("link-open", host = link.host.as_str())
        }
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
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, name()));
            focused = response.has_focus();
            gained = response.gained_focus();
        }
        opened |= response.clicked();
        response
            .on_hover_cursor(egui::CursorIcon::PointingHand)
            .on_hover_ui(|ui| {
                ui.label(name());
            });
    }
    if focused {
        let stroke = Stroke::new(size::FOCUS_RING, palette(ui).accent);
        for rect in rects {
            ui.painter().rect_stroke(
                rect.expand(size::HAIRLINE),
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
