//! Controls of which only one is a stop for the keyboard: Tab comes to it and leaves them all, the arrows, Home and End go
//! along them, round and round.

use egui::{FocusDirection, Id, Key, Memory, Ui};

use super::row::Stop;

/// Some controls in the order of reading, before they are shown.
pub struct OneStop {
    ids: Vec<Id>,
    stop: usize,
}

impl OneStop {
    /// Goes along them as the keys of this frame say. Tab comes to the one that has the keyboard, else to number `first`.
    pub fn new(ui: &Ui, ids: Vec<Id>, first: usize) -> Self {
        let focused = ui.memory(Memory::focused);
        let at = ids.iter().position(|id| focused == Some(*id));
        let to = at.and_then(|at| goes(ui, at, ids.len().saturating_sub(1)));
        if let Some(id) = to.and_then(|to| ids.get(to)) {
            ui.memory_mut(|memory| {
                // egui would go on to what stands nearest in that direction.
                memory.move_focus(FocusDirection::None);
                memory.request_focus(*id);
            });
            ui.ctx().request_repaint();
        }
        let stop = to.or(at).unwrap_or(first);
        Self { ids, stop }
    }

    /// The place of number `index` among the stops of the keyboard.
    pub fn stop(&self, index: usize) -> Option<Stop> {
        let id = *self.ids.get(index)?;
        let is = index == self.stop;
        Some(Stop { id, is })
    }
}

/// Where the keys of this frame lead from number `at`.
fn goes(ui: &Ui, at: usize, last: usize) -> Option<usize> {
    const KEYS: [Key; 6] = [
        Key::ArrowUp,
        Key::ArrowLeft,
        Key::ArrowDown,
        Key::ArrowRight,
        Key::Home,
        Key::End,
    ];
    let pressed = ui.input(|input| {
        let mut keys = KEYS.into_iter();
        keys.find(|key| input.modifiers.is_none() && input.key_pressed(*key))
    });
    Some(match pressed? {
        Key::ArrowUp | Key::ArrowLeft => at.checked_sub(1).unwrap_or(last),
        Key::Home => 0,
        Key::End => last,
        _ if at == last => 0,
        _ => at + 1,
    })
}
