//! After how long messages disappear: in words, as the mark in a chat's header, and as a choice on the page of a contact or
//! a group.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::view::{ConversationView, MessageView, TimerView};

use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::t;
use crate::theme::{Type, palette, space};
use crate::views::Cx;
use crate::widgets::choice::choices_ui;

const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 60 * MINUTE_S;
const DAY_S: u32 = 24 * HOUR_S;
const WEEK_S: u32 = 7 * DAY_S;

/// What can be chosen, in seconds; 0 is never.
const CHOICES: [u32; 6] = [0, HOUR_S, DAY_S, WEEK_S, 4 * WEEK_S, 90 * DAY_S];

/// A time in the largest unit that it is whole in.
fn time(seconds: u32) -> String {
    if seconds.is_multiple_of(WEEK_S) {
        t!("timer-weeks", count = seconds / WEEK_S)
    } else if seconds.is_multiple_of(DAY_S) {
        t!("timer-days", count = seconds / DAY_S)
    } else if seconds.is_multiple_of(HOUR_S) {
        t!("timer-hours", count = seconds / HOUR_S)
    } else if seconds.is_multiple_of(MINUTE_S) {
        t!("timer-minutes", count = seconds / MINUTE_S)
    } else {
        t!("timer-seconds", count = seconds)
    }
}

/// Who set after how long messages disappear, and to what; `name` is its author's.
pub fn notice(seconds: u32, row: &MessageView, name: &str) -> String {
    match (seconds, row.mine) {
        (0, true) => t!("notice-timer-off-own"),
        (0, false) => t!("notice-timer-off", name = name),
        (_, true) => t!("notice-timer-own", time = time(seconds)),
        (_, false) => t!("notice-timer", name = name, time = time(seconds)),
    }
}

/// What was chosen last, in seconds, also while nobody was told of it yet.
fn chosen(timer: TimerView) -> u32 {
    timer.change.map_or(timer.seconds, |change| change.seconds)
}

/// What the mark in the header says, if messages disappear.
pub fn mark(chat: &ConversationView) -> Option<String> {
    let seconds = chosen(chat.timer);
    (seconds > 0).then(|| t!("timer-on", time = time(seconds)))
}

/// The choice, with what it means.
pub fn choice_ui(ui: &mut Ui, cx: &mut Cx<'_>, chat: &ConversationView) {
    let colours = palette(ui);
    let held = chosen(chat.timer);
    let mut offered = CHOICES.to_vec();
    if !offered.contains(&held) {
        // The other person's Kith may offer others.
        offered.push(held);
        offered.sort_unstable();
    }
    let choices: Vec<_> = offered
        .into_iter()
        .map(|seconds| match seconds {
            0 => (0, t!("timer-off")),
            _ => (seconds, time(seconds)),
        })
        .collect();
    ui.vertical(|ui| {
        ui.label(Type::BodyStrong.rich(t!("timer-title"), colours.text));
        ui.add_space(space::S);
        if let Some(seconds) = choices_ui(ui, ("timer", &t!("timer-title")), &choices, held) {
            let conversation = chat.id;
            let key = RequestKey::of("timer", conversation);
            let command = Command::SetTimer {
                conversation,
                seconds,
            };
            cx.act(Action::Call { key, command });
        }
        ui.add_space(space::S);
        let hint = match chat.contact() {
            _ if chat.timer.change.is_some() => t!("timer-change"),
            Some(_) => t!("timer-hint"),
            None => t!("timer-hint-group"),
        };
        ui.add(Label::new(Type::Caption.rich(hint, colours.secondary)).wrap());
    });
    ui.add_space(space::XL);
}
