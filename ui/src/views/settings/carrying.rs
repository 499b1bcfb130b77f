//! Who keeps letters for whom: the friends who keep ours, how much we keep for others, and what waits there now, by its
//! size and its time.

use egui::{Label, Ui};
use kith_node::Command;
use kith_node::view::{CarryingView, HeldItemView, MailboxView};

use super::{SKELETONS, part_ui, title_ui};
use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::RequestKey;
use crate::route::Dialog;
use crate::t;
use crate::theme::{Type, palette, space};
use crate::views::carrying::{carrier_switch_ui, mailbox_switch_ui};
use crate::views::missing::missing_ui;
use crate::views::{Cx, status_line};
use crate::widgets::button::Button;
use crate::widgets::choice::choices_ui;
use crate::widgets::icon::Icon;

/// The room that can be given, MB; 0 keeps nothing.
const ROOMS_MB: [u64; 5] = [0, 50, 200, 1_000, 5_000];
/// For how long a letter can be kept, days.
const DAYS: [u32; 3] = [1, 3, 7];
/// Letters that are listed of each mailbox.
const LISTED: usize = 4;

/// Paints the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    title_ui(ui, cx, &t!("settings-carrying"));
    ui.add(Label::new(Type::Body.rich(t!("carrying-intro"), palette(ui).text)).wrap());
    let model = cx.model;
    let Some(view) = &model.carrying.view else {
        missing_ui(ui, cx, Command::GetCarrying {}, SKELETONS);
        return;
    };
    ours_ui(ui, cx, view);
    theirs_ui(ui, cx, view);
}

fn ours_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &CarryingView) {
    part_ui(ui, &t!("carrying-ours"), &t!("carrying-ours-hint"));
    let model = cx.model;
    let shown: Vec<_> = model
        .contacts
        .iter()
        .filter(|contact| {
            let mut carriers = view.carriers.iter();
            carriers.any(|carrier| carrier.account == contact.account && (carrier.used || carrier.offered))
        })
        .collect();
    if shown.is_empty() {
        quiet_ui(ui, &t!("carrying-ours-none"));
    }
    for contact in shown {
        let name = model.contacts.shown_name(contact);
        carrier_switch_ui(ui, cx, contact, &name);
    }
    choose_ui(ui, cx, true);
}

fn theirs_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &CarryingView) {
    ui.add_space(space::M);
    part_ui(ui, &t!("carrying-theirs"), &t!("carrying-theirs-hint"));
    if view.max_mb == 0 {
        quiet_ui(ui, &t!("carrying-theirs-off"));
    } else {
        mailboxes_ui(ui, cx, view);
        ui.add_space(space::XS);
        choose_ui(ui, cx, false);
    }
    ui.add_space(space::S);
    limits_ui(ui, cx, view);
    if view.held_bytes > 0 {
        ui.add_space(space::S);
        quiet_ui(ui, &t!("carrying-held", size = dates::size(view.held_bytes)));
        let holding = view.mailboxes.iter().filter(|mailbox| !mailbox.items.is_empty());
        let several = holding.clone().count() > 1;
        let label = t!("mailbox-drop-all");
        // One mailbox has its own button.
        if several
            && Button::plain(&label)
                .icon(Icon::DELETE)
                .small()
                .leading()
                .show(ui)
                .clicked()
        {
            for mailbox in holding {
                drop_held(cx, mailbox);
            }
        }
    }
}

/// Those for whom we keep letters, and what waits for each.
fn mailboxes_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &CarryingView) {
    if view.mailboxes.is_empty() {
        quiet_ui(ui, &t!("carrying-theirs-none"));
    }
    let model = cx.model;
    for contact in model.contacts.iter() {
        let mailbox = view
            .mailboxes
            .iter()
            .find(|mailbox| mailbox.account == contact.account);
        if let Some(mailbox) = mailbox {
            let name = model.contacts.shown_name(contact);
            mailbox_switch_ui(ui, cx, contact, &name);
            items_ui(ui, cx, mailbox, &name);
        }
    }
}

/// How much room others get, and for how long.
fn limits_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &CarryingView) {
    let key = RequestKey::only("carrying limits");
    quiet_ui(ui, &t!("carrying-room"));
    let mut rooms: Vec<u64> = ROOMS_MB.to_vec();
    if !rooms.contains(&view.max_mb) {
        // Another program may have chosen a size that is not offered here.
        rooms.push(view.max_mb);
        rooms.sort_unstable();
    }
    let rooms: Vec<_> = rooms.into_iter().map(|mb| (mb, room_words(mb))).collect();
    if let Some(max_mb) = choices_ui(ui, ("room", &t!("carrying-room")), &rooms, view.max_mb) {
        let command = Command::SetCarryingLimits {
            max_mb,
            days: view.days,
        };
        cx.act(Action::Call {
            key: key.clone(),
            command,
        });
    }
    if view.max_mb == 0 {
        return;
    }
    quiet_ui(ui, &t!("carrying-days"));
    let mut days: Vec<u32> = DAYS.to_vec();
    if !days.contains(&view.days) {
        days.push(view.days);
        days.sort_unstable();
    }
    let days: Vec<_> = days
        .into_iter()
        .map(|days| (days, t!("status-days", count = days)))
        .collect();
    if let Some(days) = choices_ui(ui, ("days", &t!("carrying-days")), &days, view.days) {
        let command = Command::SetCarryingLimits {
            max_mb: view.max_mb,
            days,
        };
        cx.act(Action::Call { key, command });
    }
}

fn room_words(mb: u64) -> String {
    if mb == 0 {
        t!("carrying-off")
    } else {
        dates::size(mb.saturating_mul(1_000_000))
    }
}

/// What waits in one mailbox, and the way to throw it away.
fn items_ui(ui: &mut Ui, cx: &mut Cx<'_>, mailbox: &MailboxView, name: &str) {
    if mailbox.items.is_empty() {
        return;
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for item in mailbox.items.iter().take(LISTED) {
            quiet_ui(ui, &item_words(item, cx.now_ms));
        }
        let more = mailbox.items.len().saturating_sub(LISTED);
        if more > 0 {
            quiet_ui(ui, &t!("mailbox-more", count = more));
        }
    });
    let key = drop_key(mailbox);
    let state = cx.model.requests.state(&key);
    let label = t!("mailbox-drop");
    let button = Button::plain(&label).icon(Icon::DELETE).small().leading();
    let response = button.request(&state, cx.now_ms).show(ui);
    let spoken = t!("mailbox-drop-of", name = name);
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(spoken));
    if response.clicked() {
        drop_held(cx, mailbox);
    }
}

fn item_words(item: &HeldItemView, now_ms: u64) -> String {
    let left_ms = item.until_ms.saturating_sub(now_ms);
    t!(
        "mailbox-item",
        size = dates::size(item.bytes),
        time = dates::moment(item.held_at_ms, now_ms),
        amount = status_line::amount(i64::try_from(left_ms).unwrap_or(i64::MAX))
    )
}

fn drop_key(mailbox: &MailboxView) -> RequestKey {
    RequestKey::of("drop held", mailbox.account)
}

fn drop_held(cx: &mut Cx<'_>, mailbox: &MailboxView) {
    let command = Command::DropHeld {
        account: mailbox.account,
    };
    cx.act(Action::Call {
        key: drop_key(mailbox),
        command,
    });
}

/// The way to choose one more.
fn choose_ui(ui: &mut Ui, cx: &mut Cx<'_>, ours: bool) {
    ui.push_id(("choose", ours), |ui| {
        let label = t!("carrying-choose");
        let button = Button::soft(&label).icon(Icon::ADD_CONTACT).small();
        if button.show(ui).clicked() {
            cx.act(Action::Go(cx.route.with_dialog(Dialog::Carrier { ours })));
        }
    });
}

fn quiet_ui(ui: &mut Ui, text: &str) {
    ui.add(Label::new(Type::Caption.rich(text, palette(ui).secondary)).wrap());
}
