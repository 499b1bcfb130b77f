//! How far one message of ours has come: each device of its recipients, in plain words, and in a group to how many of
//! them. Asked for again whenever something moved in its conversation, so that it changes while it is looked at.

use egui::{Label, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use kith_node::Command;
use kith_node::id::AccountId;
use kith_node::view::{ConversationView, DeliveryState, DeviceDeliveryView, LedgerView};

use super::head_ui;
use crate::action::Action;
use crate::i18n::dates;
use crate::model::ledger::Place;
use crate::model::requests::{RequestKey, RequestState};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::{Cx, faces, status_line};
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::{skeleton, tick};

/// Letters of a device's key that tell it from another.
const MARK_LETTERS: usize = 4;

/// The dialog: what was asked for, and after which news.
#[derive(Default)]
pub struct LedgerDialog {
    asked: Option<(Place, u64)>,
}

impl LedgerDialog {
    /// The dialog comes up.
    pub fn open(&mut self) {
        self.asked = None;
    }

    /// Paints the dialog.
    pub fn show_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, place: Place) {
        head_ui(ui, cx, &t!("message-details"));
        let model = cx.model;
        let key = RequestKey::only("ledger");
        let state = model.requests.state(&key);
        let wanted = (place, model.ledger.version());
        if self.asked != Some(wanted) && !state.is_running() {
            self.asked = Some(wanted);
            let (conversation, position) = place;
            cx.act(Action::Call {
                key,
                command: Command::GetLedger {
                    conversation,
                    position,
                },
            });
        }
        let chat = model.chats.list.get(place.0);
        match (model.ledger.of(place), state) {
            (Some(ledger), _) => ledger_ui(ui, cx, ledger, chat),
            (None, RequestState::Failed(why)) => {
                notice_ui(ui, Tone::Danger, why);
            }
            (None, _) => {
                let label = ui.label(Type::Caption.rich(t!("ledger-loading"), palette(ui).secondary));
                label.widget_info(|| WidgetInfo::labeled(Role::Status, true, t!("ledger-loading")));
                (0..2).for_each(|row| skeleton::row_ui(ui, size::ROW, row));
            }
        }
    }
}

fn ledger_ui(ui: &mut Ui, cx: &Cx<'_>, ledger: &LedgerView, chat: Option<&ConversationView>) {
    let colours = palette(ui);
    let written = t!(
        "ledger-written",
        time = dates::moment(ledger.written_at_ms, cx.now_ms)
    );
    ui.add(Label::new(Type::Secondary.rich(written, colours.secondary)).wrap());
    ui.add_space(space::M);
    match chat {
        Some(chat) if chat.contact().is_none() => members_ui(ui, cx, ledger, chat),
        _ => {
            let name = chat.map(ConversationView::name).unwrap_or_default();
            if ledger.devices.is_empty() {
                notice_ui(ui, Tone::Info, &t!("ledger-none", name = name));
                return;
            }
            let alone = ledger.devices.len() == 1;
            for device in &ledger.devices {
                let title = title(device, name, alone);
                device_ui(ui, device.state, &title, &lines(device, ledger.state, cx.now_ms));
            }
        }
    }
    ui.add_space(space::S);
    ui.add(Label::new(Type::Caption.rich(t!("ledger-hint"), colours.secondary)).wrap());
}

/// The devices of a group's members, person by person, below to how many of them the message has come.
fn members_ui(ui: &mut Ui, cx: &Cx<'_>, ledger: &LedgerView, chat: &ConversationView) {
    let own = cx.model.profile.as_ref().map(|profile| profile.account);
    let members = chat.members();
    let others = members.iter().filter(|member| own != Some(member.account));
    let others: Vec<_> = others
        .map(|member| (member, devices_of(ledger, member.account)))
        .collect();
    let reached = |state: DeliveryState| {
        let has = |device: &&DeviceDeliveryView| device.state >= state;
        others
            .iter()
            .filter(|(_, devices)| devices.iter().any(has))
            .count()
    };
    let said = t!(
        "ledger-group",
        delivered = reached(DeliveryState::Delivered),
        read = reached(DeliveryState::Read),
        all = others.len()
    );
    ui.add(Label::new(Type::BodyStrong.rich(said, palette(ui).text)).wrap());
    ui.add_space(space::S);
    for (member, devices) in &others {
        let name = faces::member_name(members, member);
        if devices.is_empty() {
            device_ui(ui, DeliveryState::Saved, &name, &[t!("ledger-unknown")]);
        }
        for device in devices {
            let is_all = devices.len() == 1 && device.is_current;
            let title = if is_all {
                name.clone()
            } else {
                title(device, &name, false)
            };
            device_ui(ui, device.state, &title, &lines(device, ledger.state, cx.now_ms));
        }
    }
}

fn devices_of(ledger: &LedgerView, account: AccountId) -> Vec<&DeviceDeliveryView> {
    let theirs = |device: &&DeviceDeliveryView| device.account == account;
    ledger.devices.iter().filter(theirs).collect()
}

fn title(device: &DeviceDeliveryView, name: &str, alone: bool) -> String {
    let mark: String = device.device.to_string().chars().take(MARK_LETTERS).collect();
    let mark = mark.to_uppercase();
    if !device.is_current {
        t!("ledger-device-gone", name = name, mark = mark)
    } else if alone {
        t!("ledger-device", name = name)
    } else {
        t!("ledger-device-marked", name = name, mark = mark)
    }
}

/// What is known of one device, the newest first.
fn lines(device: &DeviceDeliveryView, of_all: DeliveryState, now_ms: u64) -> Vec<String> {
    let moment = |at_ms: Option<u64>| {
        at_ms
            .map(|at_ms| dates::moment(at_ms, now_ms))
            .unwrap_or_default()
    };
    match device.state {
        DeliveryState::Read => vec![
            t!("ledger-read", time = moment(device.read_at_ms)),
            t!("ledger-delivered-read", time = moment(device.delivered_at_ms)),
        ],
        DeliveryState::Delivered => vec![t!("ledger-delivered", time = moment(device.delivered_at_ms))],
        DeliveryState::Held => {
            let left_ms = device.held_until_ms.unwrap_or(now_ms).saturating_sub(now_ms);
            let amount = status_line::amount(i64::try_from(left_ms).unwrap_or(i64::MAX));
            vec![t!("ledger-held", amount = amount)]
        }
        _ if of_all == DeliveryState::Pending => vec![t!("ledger-pending")],
        DeliveryState::Saved | DeliveryState::Pending => vec![t!("ledger-waiting")],
    }
}

fn device_ui(ui: &mut Ui, state: DeliveryState, title: &str, lines: &[String]) {
    let colours = palette(ui);
    let left = size::ICON + space::M;
    let width = ui.available_width() - left;
    let head = Type::BodyStrong.one_line(ui.painter(), title, colours.text, width);
    let body = Type::Secondary.wrapped(ui.painter(), lines.join("\n"), colours.secondary, width);
    let height = head.size().y + body.size().y + space::L;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::hover());
    let spoken = format!("{title}: {}", lines.join(". "));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let (icon, ink) = match state {
        DeliveryState::Pending | DeliveryState::Saved => (Icon::CLOCK, colours.secondary),
        DeliveryState::Read => (Icon::CHECK_TWICE, colours.accent),
        _ => (tick::look(state, colours).0, colours.secondary),
    };
    let top = rect.top() + space::S;
    let mark = pos2(rect.left() + size::ICON / 2.0, top + head.size().y / 2.0);
    icon.paint(ui.painter(), mark, size::ICON, ink);
    let below = top + head.size().y;
    ui.painter()
        .galley(pos2(rect.left() + left, top).round(), head, colours.text);
    ui.painter()
        .galley(pos2(rect.left() + left, below).round(), body, colours.secondary);
}
