//! Looks over the tree that screen readers see, which knows the place of everything: what has no name, what the window
//! cuts off, what stands over something else. For the views (`src/views/tree_tests.rs`) and the start screens alike.

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::Role;
use egui::{Pos2, Rect, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;

/// Most turns of the wheel until the end of a page must have come.
const TURNS: usize = 12;
/// Frames until what was scrolled stands still.
const FRAMES: usize = 4;
/// A row may be cut by the end of its list by so many points before that counts as over what stands below.
const HAIR: f32 = 1.0;

/// Windows to be looked at by eye: a large one and the smallest, each in both themes and in all `languages`.
pub fn for_eyes<L: Copy>(languages: &[L]) -> Vec<([f32; 2], bool, L)> {
    let mut windows = Vec::new();
    for size in [[1_400.0, 900.0], [360.0, 480.0]] {
        for dark in [false, true] {
            windows.extend(languages.iter().map(|language| (size, dark, *language)));
        }
    }
    windows
}

/// Something that is seen, or can be pressed or typed into.
#[derive(Clone, Debug)]
struct Thing {
    role: Role,
    name: String,
    rect: Rect,
}

impl Thing {
    fn operable(&self) -> bool {
        matches!(
            self.role,
            Role::Button
                | Role::Tab
                | Role::TextInput
                | Role::PasswordInput
                | Role::MultilineTextInput
                | Role::RadioButton
                | Role::Switch
                | Role::MenuItem
                | Role::ListItem
                | Role::Link
        )
    }
}

/// What is there: below a dialog nothing counts.
fn things<State>(harness: &Harness<'_, State>) -> Vec<Thing> {
    let mut all = Vec::new();
    let mut in_dialog = Vec::new();
    for node in harness.root().children_recursive() {
        let access = node.accesskit_node();
        let words = matches!(
            access.role(),
            Role::Label | Role::Heading | Role::Alert | Role::Image
        );
        let thing = Thing {
            role: access.role(),
            name: access.label().or_else(|| access.value()).unwrap_or_default(),
            rect: access.bounding_box().map_or(Rect::NOTHING, |_| node.rect()),
        };
        if access.is_hidden() || !thing.rect.is_positive() || !(words || thing.operable()) {
            continue;
        }
        let mut above = std::iter::successors(access.parent(), |node| node.parent());
        if above.any(|node| node.role() == Role::Dialog) {
            in_dialog.push(thing);
        } else {
            all.push(thing);
        }
    }
    if in_dialog.is_empty() { all } else { in_dialog }
}

/// What is wrong: things without a name, cut off at a side, over one another, or never seen whole, however far every
/// page and list is scrolled.
///
/// `pages` are scrolled to their ends; the rows of a conversation stand at theirs already, and reach below its header.
pub fn faults<State>(harness: &mut Harness<'_, State>, size: [f32; 2], pages: bool) -> Vec<String> {
    let mut faults = harness.unnamed_widgets();
    let window = Rect::from_min_size(Pos2::ZERO, vec2(size[0], size[1])).expand(HAIR);
    let first = things(harness);
    for thing in &first {
        if thing.rect.left() < window.left() || thing.rect.right() > window.right() {
            faults.push(format!("{:?} is cut at a side: {:?}", thing.name, thing.rect));
        }
    }
    let rows = |thing: &Thing| {
        !pages && (matches!(thing.role, Role::Label | Role::Link) || thing.name.contains(", "))
    };
    let fixed: Vec<_> = first.iter().filter(|thing| !rows(thing)).cloned().collect();
    faults.extend(overlaps(&fixed));
    let cut = |thing: &Thing| thing.operable() && !window.contains_rect(thing.rect);
    if pages && first.iter().any(cut) {
        faults.extend(never_whole(harness, window, &first));
    }
    faults
}

/// Pairs of which neither holds the other. A row of a list may reach below its list's end, under what stands there.
fn overlaps(things: &[Thing]) -> Vec<String> {
    let cut = |row: &Thing, other: &Thing| {
        row.role == Role::ListItem
            && other.role != Role::ListItem
            && (other.rect.top() > row.rect.top() || row.rect.bottom() > other.rect.bottom())
    };
    let mut faults = Vec::new();
    for (index, one) in things.iter().enumerate() {
        for other in things.iter().skip(index + 1) {
            let shared = one.rect.intersect(other.rect);
            let apart = shared.width() <= HAIR || shared.height() <= HAIR;
            let inside = one.rect.expand(HAIR).contains_rect(other.rect)
                || other.rect.expand(HAIR).contains_rect(one.rect);
            if !apart && !inside && !cut(one, other) && !cut(other, one) {
                faults.push(format!(
                    "{:?} and {:?} overlap: {:?} {:?}",
                    one.name, other.name, one.rect, other.rect
                ));
            }
        }
    }
    faults
}

/// Scrolls everything that scrolls to its end, and names what has never stood whole between the window's edges.
fn never_whole<State>(harness: &mut Harness<'_, State>, window: Rect, first: &[Thing]) -> Vec<String> {
    let mut whole = BTreeSet::new();
    let mut partly = BTreeMap::new();
    let mut note = |things: &[Thing]| {
        for thing in things.iter().filter(|thing| thing.operable()) {
            let key = (format!("{:?}", thing.role), thing.name.clone());
            if window.contains_rect(thing.rect) {
                whole.insert(key);
            } else {
                partly.insert(key, thing.rect);
            }
        }
    };
    note(first);
    let (width, height) = (window.width(), window.height());
    let mut last = Vec::new();
    for at in [(0.2, 0.5), (0.55, 0.5), (0.9, 0.5)] {
        harness.hover_at(egui::pos2(width * at.0, height * at.1));
        // What had the keyboard may have been scrolled to.
        turn(harness, height * 100.0);
        note(&things(harness));
        for _ in 0..TURNS {
            turn(harness, -height / 3.0);
            let now = things(harness);
            note(&now);
            let places: Vec<_> = now.iter().map(|thing| thing.rect).collect();
            if std::mem::replace(&mut last, places.clone()) == places {
                break;
            }
        }
        // Lists remember where they stood, in the next view too.
        turn(harness, height * 100.0);
    }
    // What shows only under the pointer would stand over the next view.
    harness.remove_cursor();
    harness.run_steps(FRAMES);
    partly
        .into_iter()
        .filter(|(key, _)| !whole.contains(key))
        .map(|((role, name), rect)| format!("{role} {name:?} is never seen whole: {rect:?}"))
        .collect()
}

/// Turns the wheel; what is below the pointer moves by `points`, if it scrolls.
fn turn<State>(harness: &mut Harness<'_, State>, points: f32) {
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        modifiers: egui::Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    harness.run_steps(FRAMES);
}
