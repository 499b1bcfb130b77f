use super::*;

const VIEW: f32 = 600.0;
const OPEN: Beyond = Beyond {
    before: true,
    after: false,
};
const WHOLE: Beyond = Beyond {
    before: false,
    after: false,
};

/// A window of rows numbered as in the whole conversation.
struct Rows(Range<u64>);

impl Keys<u64> for Rows {
    fn len(&self) -> usize {
        usize::try_from(self.0.end - self.0.start).unwrap()
    }

    fn key(&self, index: usize) -> u64 {
        self.0.start + index as u64
    }

    fn find(&self, key: &u64) -> Option<usize> {
        self.0
            .contains(key)
            .then(|| usize::try_from(key - self.0.start).unwrap())
    }
}

/// Heights from 20 to 219 points that differ from row to row and with the width.
fn height_of(key: u64, width: f32) -> f32 {
    let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    20.0 + (mixed % 200) as f32 * (400.0 / width)
}

struct Screen {
    layout: Layout<u64>,
    width: f32,
    measured: usize,
}

impl Screen {
    fn new(layout: Layout<u64>) -> Self {
        Self {
            layout,
            width: 400.0,
            measured: 0,
        }
    }

    fn show(&mut self, rows: &Rows, beyond: Beyond, scroll: f32) -> Arrangement {
        self.layout.set_width(self.width);
        let (width, measured) = (self.width, &mut self.measured);
        self.layout.arrange(rows, beyond, VIEW, scroll, &mut |index| {
            *measured += 1;
            Some(height_of(rows.key(index), width))
        })
    }
}

fn top_of(arrangement: &Arrangement, rows: &Rows, key: u64) -> Option<f32> {
    arrangement
        .rows
        .iter()
        .find(|row| rows.key(row.index) == key)
        .map(|row| row.top)
}

fn bottom(arrangement: &Arrangement) -> f32 {
    arrangement.rows.last().map_or(0.0, |row| row.top + row.height)
}

fn assert_seamless(arrangement: &Arrangement) {
    for pair in arrangement.rows.windows(2) {
        assert!(
            (pair[0].top + pair[0].height - pair[1].top).abs() < 0.01,
            "{pair:?}"
        );
        assert_eq!(pair[0].index + 1, pair[1].index);
    }
}

#[test]
fn a_conversation_opens_at_its_newest_row() {
    let mut screen = Screen::new(Layout::at_end());
    let shown = screen.show(&Rows(900..1_000), OPEN, 0.0);
    assert!(shown.at_end);
    assert!((bottom(&shown) - VIEW).abs() < 0.01);
    assert_eq!(shown.range().end, 100);
    assert!(shown.rows[0].top <= 0.0);
    assert_seamless(&shown);
}

#[test]
fn a_short_conversation_stands_at_the_bottom_and_a_short_list_at_the_top() {
    let rows = Rows(0..2);
    let shown = Screen::new(Layout::at_end()).show(&rows, WHOLE, 0.0);
    assert!((bottom(&shown) - VIEW).abs() < 0.01);
    let shown = Screen::new(Layout::from_top()).show(&rows, WHOLE, 0.0);
    assert_eq!(shown.rows[0].top, 0.0);
}

#[test]
fn reading_does_not_jump_when_older_rows_load() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(900..1_000);
    screen.show(&rows, OPEN, 0.0);
    let before = screen.show(&rows, OPEN, 1_500.0);
    let older = Rows(820..1_000);
    let after = screen.show(&older, OPEN, 0.0);
    for row in &before.rows {
        let key = rows.key(row.index);
        assert!((top_of(&after, &older, key).unwrap() - row.top).abs() < 0.01);
    }
}

#[test]
fn reading_does_not_jump_when_newer_rows_come_or_the_far_end_is_dropped() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(900..1_000);
    screen.show(&rows, OPEN, 0.0);
    let before = screen.show(&rows, OPEN, 2_000.0);
    let other = Rows(860..985);
    let after = screen.show(
        &other,
        Beyond {
            before: true,
            after: true,
        },
        0.0,
    );
    let key = rows.key(before.rows[1].index);
    assert!((top_of(&after, &other, key).unwrap() - before.rows[1].top).abs() < 0.01);
}

#[test]
fn at_the_end_newer_rows_move_the_view_along() {
    let mut screen = Screen::new(Layout::at_end());
    screen.show(&Rows(0..50), OPEN, 0.0);
    assert!(screen.layout.follows_end());
    let shown = screen.show(&Rows(0..51), OPEN, 0.0);
    assert_eq!(shown.range().end, 51);
    assert!((bottom(&shown) - VIEW).abs() < 0.01);
}

#[test]
fn one_small_step_up_lets_go_of_the_end_and_one_down_takes_it_again() {
    let mut screen = Screen::new(Layout::at_end());
    screen.show(&Rows(0..50), OPEN, 0.0);
    let before = screen.show(&Rows(0..50), OPEN, 5.0);
    assert!(!before.at_end && !screen.layout.follows_end());
    let after = screen.show(&Rows(0..52), OPEN, 0.0);
    assert_eq!(after.rows[0].index, before.rows[0].index);
    let end = screen.show(&Rows(0..52), OPEN, -10_000.0);
    assert!(end.at_end && screen.layout.follows_end());
}

#[test]
fn the_row_being_read_keeps_its_place_when_the_width_changes() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..500);
    screen.show(&rows, WHOLE, 0.0);
    let before = screen.show(&rows, WHOLE, 9_000.0);
    let anchor = *before.rows.iter().find(|row| row.top >= 0.0).unwrap();
    for width in [380.0, 350.0, 300.0, 520.0] {
        screen.width = width;
        let after = screen.show(&rows, WHOLE, 0.0);
        assert!((top_of(&after, &rows, anchor.index as u64).unwrap() - anchor.top).abs() < 0.01);
        assert_seamless(&after);
    }
}

#[test]
fn what_is_read_in_a_row_taller_than_the_view_stays_when_the_width_changes() {
    // One long text among short ones: the narrower it is, the higher it stands.
    let height = |key: u64, width: f32| if key == 5 { 2_000_000.0 / width } else { 40.0 };
    let rows = Rows(0..10);
    let mut layout = Layout::at_end();
    let mut show = |width: f32, scroll: f32| {
        layout.set_width(width);
        layout.arrange(&rows, WHOLE, VIEW, scroll, &mut |index| {
            Some(height(rows.key(index), width))
        })
    };
    let share_of = |arrangement: &Arrangement| {
        let row = arrangement.rows.iter().find(|row| row.index == 5).unwrap();
        -row.top / row.height
    };
    show(400.0, 0.0);
    let before = share_of(&show(400.0, 2_500.0));
    assert!(before > 0.2 && before < 0.8, "{before}");
    for width in [380.0, 300.0, 520.0, 400.0] {
        let after = share_of(&show(width, 0.0));
        assert!((after - before).abs() < 0.001, "{width}: {before} {after}");
    }
    // Where its end shows, so does what follows it: that stays where it is as well.
    let end = share_of(&show(400.0, -2_420.0));
    assert!((share_of(&show(300.0, 0.0)) - end).abs() < 0.001, "{end}");
}

#[test]
fn pinned_to_the_end_a_new_width_keeps_the_end() {
    let mut screen = Screen::new(Layout::at_end());
    screen.show(&Rows(0..500), WHOLE, 0.0);
    screen.width = 300.0;
    let shown = screen.show(&Rows(0..500), WHOLE, 0.0);
    assert!(shown.at_end && (bottom(&shown) - VIEW).abs() < 0.01);
}

#[test]
fn the_anchor_may_vanish() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..200);
    screen.show(&rows, WHOLE, 0.0);
    let before = screen.show(&rows, WHOLE, 3_000.0);
    let keep = before.rows.last().unwrap();
    let fewer = Rows(keep.index as u64..200);
    let after = screen.show(&fewer, OPEN, 0.0);
    assert!((top_of(&after, &fewer, keep.index as u64).unwrap() - keep.top).abs() < VIEW);
    let gone = screen.show(&Rows(5_000..5_100), OPEN, 0.0);
    assert!(gone.at_end);
    assert!(screen.show(&Rows(0..0), WHOLE, 0.0).rows.is_empty());
}

#[test]
fn jumping_places_the_row_and_stays_with_it() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..300);
    screen.layout.jump_to(120, Place::Top(40.0));
    let shown = screen.show(&rows, WHOLE, 0.0);
    assert_eq!(top_of(&shown, &rows, 120), Some(40.0));
    let again = screen.show(&rows, WHOLE, 0.0);
    assert_eq!(top_of(&again, &rows, 120), Some(40.0));
    screen.layout.jump_to(200, Place::Middle);
    let shown = screen.show(&rows, WHOLE, 0.0);
    let top = top_of(&shown, &rows, 200).unwrap();
    assert!((top + height_of(200, 400.0) / 2.0 - VIEW / 2.0).abs() < 0.01);
}

#[test]
fn neither_edge_can_be_overrun() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..300);
    screen.show(&rows, WHOLE, 0.0);
    let top = screen.show(&rows, WHOLE, 1_000_000.0);
    assert_eq!((top.rows[0].index, top.rows[0].top), (0, 0.0));
    let end = screen.show(&rows, WHOLE, -1_000_000.0);
    assert!(end.at_end && (bottom(&end) - VIEW).abs() < 0.01);
}

#[test]
fn more_is_wanted_well_before_the_edge_shows() {
    let mut screen = Screen::new(Layout::at_end());
    let both = Beyond {
        before: true,
        after: true,
    };
    let rows = Rows(1_000..1_200);
    screen.layout.jump_to(1_100, Place::Top(0.0));
    let middle = screen.show(&rows, both, 0.0);
    assert!(!middle.wants_before && !middle.wants_after && !middle.at_end);
    screen.layout.jump_to(1_005, Place::Top(0.0));
    let early = screen.show(&rows, both, 0.0);
    assert!(early.wants_before && !early.wants_after);
    screen.layout.jump_to(1_190, Place::Top(0.0));
    let late = screen.show(&rows, both, 0.0);
    assert!(late.wants_after && !late.wants_before);
}

#[test]
fn beyond_the_edge_of_a_window_there_is_at_most_half_a_view_of_waiting() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(1_000..1_200);
    screen.show(&rows, OPEN, 0.0);
    let shown = screen.show(&rows, OPEN, 1_000_000.0);
    assert_eq!((shown.rows[0].index, shown.rows[0].top), (0, VIEW / 2.0));
    assert!(shown.wants_before);
}

#[test]
fn a_million_rows_cost_what_a_screenful_costs() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..1_000_000);
    for key in [500_000, 3, 999_990, 250_000] {
        screen.layout.jump_to(key, Place::Middle);
        screen.show(&rows, WHOLE, 0.0);
    }
    for _ in 0..100 {
        assert_seamless(&screen.show(&rows, WHOLE, 40.0));
    }
    assert!(screen.measured < 400, "{} rows were measured", screen.measured);
}

#[test]
fn memory_of_heights_is_bounded() {
    let mut screen = Screen::new(Layout::at_end());
    let rows = Rows(0..1_000_000);
    for _ in 0..3_000 {
        screen.show(&rows, WHOLE, 590.0);
    }
    assert!(screen.layout.heights.len() <= MAX_HEIGHTS);
}

/// Rows of which each hundred have a line of their own above the first that is held: a day's.
struct Dated(Range<u64>);

/// The key of the line above the rows of a hundred.
const LINES: u64 = 1_000_000;

impl Dated {
    fn items(&self) -> Vec<u64> {
        let starts_day = |key: u64| key == self.0.start || key.is_multiple_of(100);
        let with_line = |key| {
            let line = starts_day(key).then_some(LINES + key / 100);
            line.into_iter().chain([key])
        };
        self.0.clone().flat_map(with_line).collect()
    }
}

impl Keys<u64> for Dated {
    fn len(&self) -> usize {
        self.items().len()
    }

    fn key(&self, index: usize) -> u64 {
        self.items()[index]
    }

    fn find(&self, key: &u64) -> Option<usize> {
        self.items().iter().position(|have| have == key)
    }

    fn stays(&self, index: usize) -> bool {
        self.key(index) < LINES
    }
}

#[test]
fn the_line_of_a_day_that_goes_up_with_older_rows_does_not_take_the_view_along() {
    let mut layout = Layout::at_end();
    layout.set_width(400.0);
    let mut show = |rows: &Dated, scroll: f32| -> HashMap<u64, f32> {
        let shown = layout.arrange(rows, OPEN, VIEW, scroll, &mut |index| {
            Some(height_of(rows.key(index), 400.0))
        });
        let tops = shown.rows.iter().map(|row| (rows.key(row.index), row.top));
        tops.collect()
    };
    show(&Dated(950..1_000), 0.0);
    let before = show(&Dated(950..1_000), 1.0e9);
    assert!(before.contains_key(&(LINES + 9)) && before.contains_key(&950));
    let after = show(&Dated(920..1_000), 0.0);
    assert!(!after.contains_key(&(LINES + 9)));
    for (key, top) in before.iter().filter(|(key, _)| **key < LINES) {
        assert!((after[key] - top).abs() < 0.01, "row {key}");
    }
}
