//! Where the rows of a list stand: pure arithmetic, no painting.
//!
//! There is no offset from the top of the whole list, because a conversation of a million rows has none that is
//! known: only a window of pages is held. Instead one row is the *anchor*, and the layout grows from it in both
//! directions until the view is full. Whatever is added before or after, and however heights change elsewhere, the
//! anchor stays where it was: nothing jumps. At the end of a conversation the list is *pinned* to its newest row.
//!
//! Work and memory follow the height of the view, not the number of rows.

mod filler;

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use filler::Filler;

/// The rows of a list as the layout sees them: each has a key that stays its own when rows are added around it.
pub trait Keys<K> {
    /// How many rows are held.
    fn len(&self) -> usize;
    /// The key of row `index`, below [`Keys::len`].
    fn key(&self, index: usize) -> K;
    /// Where the row with this key stands now, if it is held.
    fn find(&self, key: &K) -> Option<usize>;
    /// Whether row `index` stays between the rows it stands between now, so that a place can be told by it. The line of a
    /// day does not: it goes up to the first row of its day that is held.
    fn stays(&self, _index: usize) -> bool {
        true
    }

    /// Whether no row is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What lies beyond the rows that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beyond {
    /// Older rows exist and can be loaded.
    pub before: bool,
    /// Newer rows exist and can be loaded.
    pub after: bool,
}

/// Where a row is put when the list jumps to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// Its top so many points below the top of the view.
    Top(f32),
    /// In the middle of the view.
    Middle,
}

#[derive(Clone, Debug, PartialEq)]
enum Hold<K> {
    /// To the newest row: its bottom is the bottom of the view.
    End,
    /// To a row: its top is so many points below the top of the view, where it is so high and so wide.
    Row {
        key: K,
        top: f32,
        height: f32,
        width: f32,
    },
    /// Jumping to a row that has not been placed yet.
    Jump { key: K, place: Place },
}

/// One row that stands in the view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Which row.
    pub index: usize,
    /// Its top, in points below the top of the view; negative above it.
    pub top: f32,
    /// Its height in points.
    pub height: f32,
}

/// The view, filled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangement {
    /// The rows that show, from the top.
    pub rows: Vec<Placed>,
    /// The newest row's bottom is at the bottom of the view and nothing newer exists: the list is at its end.
    pub at_end: bool,
    /// Rows before the held ones will soon be needed.
    pub wants_before: bool,
    /// Rows after the held ones will soon be needed.
    pub wants_after: bool,
}

impl Arrangement {
    /// The rows that show.
    pub fn range(&self) -> Range<usize> {
        match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => first.index..last.index + 1,
            _ => 0..0,
        }
    }
}

/// Within so many views of the edge of the held rows, the next page is wanted.
const WANT_WITHIN_VIEWS: f32 = 2.0;
/// Heights kept. When there are more, all are forgotten and those in view are measured again.
const MAX_HEIGHTS: usize = 8_192;
/// Closer to the end than this, in points, counts as at the end.
const END_SLACK: f32 = 1.0;

/// Where a list was.
#[derive(Clone, Debug)]
pub struct SavedPlace<K> {
    hold: Hold<K>,
    neighbours: Vec<(K, f32)>,
}

/// A list's place, and the heights it has learnt.
#[derive(Clone, Debug)]
pub struct Layout<K> {
    hold: Hold<K>,
    heights: HashMap<K, f32>,
    width: f32,
    /// Keys that showed last, to find one that still exists when the anchor's row is gone.
    neighbours: Vec<(K, f32)>,
    /// Short lists stand at the top of the view instead of its bottom.
    from_top: bool,
    mean: f32,
}

impl<K: Clone + Eq + Hash> Layout<K> {
    /// A list that opens at its newest row, at the bottom of the view; as conversations do.
    pub fn at_end() -> Self {
        Self::new(Hold::End, false)
    }

    /// A list that opens at its first row, at the top of the view; as chat lists do.
    pub fn from_top() -> Self {
        Self::new(Hold::End, true)
    }

    fn new(hold: Hold<K>, from_top: bool) -> Self {
        Self {
            hold,
            heights: HashMap::new(),
            width: 0.0,
            neighbours: Vec::new(),
            from_top,
            mean: 48.0,
        }
    }

    /// Goes to a row; does nothing lasting if it is not held when the list is laid out next.
    pub fn jump_to(&mut self, key: K, place: Place) {
        self.hold = Hold::Jump { key, place };
    }

    /// Goes to the newest row and stays with it as newer ones come.
    pub fn follow_end(&mut self) {
        self.hold = Hold::End;
    }

    /// Whether newer rows will move the view along.
    pub fn follows_end(&self) -> bool {
        !self.from_top && self.hold == Hold::End
    }

    /// The height of a row, if it is known at the present width.
    pub fn height(&self, key: &K) -> Option<f32> {
        self.heights.get(key).copied()
    }

    /// The mean height of the rows seen so far: for the scroll bar.
    pub fn mean_height(&self) -> f32 {
        self.mean
    }

    /// A row was measured. Gives whether that is news.
    pub fn learn(&mut self, key: K, height: f32) -> bool {
        self.mean += (height - self.mean) / 50.0;
        if self.heights.len() >= MAX_HEIGHTS {
            self.heights.clear();
        }
        let known = self.heights.insert(key, height);
        known.is_none_or(|known| (known - height).abs() > 0.25)
    }

    /// Takes the width rows have from now on; a new one makes every known height void.
    pub fn set_width(&mut self, width: f32) {
        if (self.width - width).abs() > 0.25 {
            self.width = width;
            self.heights.clear();
        }
    }

    /// Where the list is, to come back to with [`Layout::restore`] when a trial was laid out with guessed heights.
    pub fn place(&self) -> SavedPlace<K> {
        SavedPlace {
            hold: self.hold.clone(),
            neighbours: self.neighbours.clone(),
        }
    }

    /// Back to where the list was.
    pub fn restore(&mut self, place: SavedPlace<K>) {
        self.hold = place.hold;
        self.neighbours = place.neighbours;
    }

    /// Fills a view `view` points high after moving by `scroll` points (positive shows older rows). `measure` is
    /// asked for the height of each row that is not known; `None` guesses it and remembers nothing.
    pub fn arrange(
        &mut self,
        keys: &dyn Keys<K>,
        beyond: Beyond,
        view: f32,
        scroll: f32,
        measure: &mut dyn FnMut(usize) -> Option<f32>,
    ) -> Arrangement {
        if keys.is_empty() {
            self.neighbours.clear();
            return Arrangement {
                at_end: !beyond.after,
                wants_before: beyond.before,
                wants_after: beyond.after,
                ..Arrangement::default()
            };
        }
        let mut filler = Filler {
            layout: self,
            keys,
            view,
            measure,
        };
        let (index, top) = filler.start(beyond);
        let mut rows = filler.fill(index, top + scroll);
        filler.clamp(&mut rows, beyond);
        self.finish(keys, beyond, view, rows, scroll)
    }

    fn finish(
        &mut self,
        keys: &dyn Keys<K>,
        beyond: Beyond,
        view: f32,
        rows: Vec<Placed>,
        scroll: f32,
    ) -> Arrangement {
        let last = keys.len() - 1;
        let bottom = rows.last().map_or(0.0, |row| row.top + row.height);
        let at_end =
            !beyond.after && rows.last().is_some_and(|row| row.index == last) && bottom <= view + END_SLACK;
        let stays = |row: &&Placed| keys.stays(row.index);
        let neighbours = rows.iter().filter(stays);
        self.neighbours = neighbours.map(|row| (keys.key(row.index), row.top)).collect();
        let at_start = self.from_top
            && rows
                .first()
                .is_some_and(|row| row.index == 0 && row.top >= -END_SLACK);
        // A conversation clings to its end while it is there, unless this very movement leaves it.
        self.hold = if at_start || (!self.from_top && at_end && scroll <= 0.0) {
            Hold::End
        } else {
            anchor(keys, &rows, view).map_or(Hold::End, |row| Hold::Row {
                key: keys.key(row.index),
                top: row.top,
                height: row.height,
                width: self.width,
            })
        };
        let margin = WANT_WITHIN_VIEWS * view / self.mean.max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count of rows"
        )]
        let margin = margin.clamp(1.0, 500.0) as usize;
        let first_shown = rows.first().map_or(0, |row| row.index);
        let last_shown = rows.last().map_or(last, |row| row.index);
        let visible = |row: &Placed| row.top + row.height > 0.0 && row.top < view;
        Arrangement {
            at_end,
            wants_before: beyond.before && first_shown < margin,
            wants_after: beyond.after && last - last_shown < margin,
            rows: rows.into_iter().filter(visible).collect(),
        }
    }
}

/// What the eye reads stays where it is: the topmost row whose top shows, or a row taller than the view while it fills the
/// upper half. Where only lines stand that may move, such a line.
fn anchor<K>(keys: &dyn Keys<K>, rows: &[Placed], view: f32) -> Option<Placed> {
    let is_read = |row: &&Placed| row.top < 0.0 && row.height >= view && row.top + row.height > view / 2.0;
    let among = |rows: &[Placed]| {
        let tall = rows.iter().find(is_read);
        let anchor = tall.or_else(|| rows.iter().find(|row| row.top >= 0.0));
        anchor.or_else(|| rows.last()).copied()
    };
    let staying: Vec<_> = rows.iter().copied().filter(|row| keys.stays(row.index)).collect();
    among(&staying).or_else(|| among(rows))
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
