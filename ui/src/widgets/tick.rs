//! How far a message of ours has come: a clock, one tick, a letter box, two ticks, two ticks in colour. Never ahead of the truth.

use egui::{Color32, Painter, Pos2};
use kith_node::view::DeliveryState;

use super::icon::Icon;
use crate::t;
use crate::theme::{Palette, size};

/// Paints the tick with its middle at `center`.
pub fn paint(painter: &Painter, center: Pos2, state: DeliveryState, colours: &Palette) {
    let (icon, ink) = look(state, colours);
    icon.paint(painter, center, size::ICON_SMALL, ink);
}

/// What the tick says in words, for tooltips and screen readers.
pub fn label(state: DeliveryState) -> String {
    match state {
        DeliveryState::Pending => t!("tick-pending"),
        DeliveryState::Saved => t!("tick-saved"),
        DeliveryState::Held => t!("tick-held"),
        DeliveryState::Delivered => t!("tick-delivered"),
        DeliveryState::Read => t!("tick-read"),
    }
}

/// The tick's icon and colour on our own bubble.
pub fn look(state: DeliveryState, colours: &Palette) -> (Icon, Color32) {
    match state {
        DeliveryState::Pending => (Icon::CLOCK, colours.own_meta),
        DeliveryState::Saved => (Icon::CHECK, colours.own_meta),
        DeliveryState::Held => (Icon::CARRIED, colours.own_meta),
        DeliveryState::Delivered => (Icon::CHECK_TWICE, colours.own_meta),
        DeliveryState::Read => (Icon::CHECK_TWICE, colours.accent),
    }
}
