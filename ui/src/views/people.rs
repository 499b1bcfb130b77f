//! How people are spoken of, the same in every view: whether they are there, what their last words were.

use std::time::Duration;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Color32, FontId, Ui};
use kith_node::view::{
    BodyView, ContactState, ContactView, ConversationView, InviteRefusal, MessageView, PathView, PresenceView,
};

use crate::action::Action;
use crate::i18n::dates;
use crate::route::Dialog;
use crate::t;
use crate::theme::{Palette, Type, palette, size, space};
use crate::views::{Cx, faces, timer};
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;

/// Whether a contact is there and how, in a few words.
pub fn presence(contact: &ContactView, now_ms: u64) -> String {
    match (contact.state, contact.presence) {
        (ContactState::Waiting, _) => t!("presence-waiting"),
        (ContactState::Refused, _) => t!("presence-refused"),
        (ContactState::Blocked, _) => t!("presence-blocked"),
        (ContactState::Accepted, PresenceView::Online { path: PathView::Lan }) => t!("presence-lan"),
        (
            ContactState::Accepted,
            PresenceView::Online {
                path: PathView::Direct,
            },
        ) => t!("presence-direct"),
        (
            ContactState::Accepted,
            PresenceView::Online {
                path: PathView::Relayed,
            },
        ) => t!("presence-relayed"),
        (
            ContactState::Accepted,
            PresenceView::Offline {
                last_seen_ms: Some(seen),
            },
        ) => dates::last_seen(seen, now_ms),
        (ContactState::Accepted, PresenceView::Offline { last_seen_ms: None }) => t!("presence-offline"),
    }
}

/// [`presence`] as a view shows it: the window is painted again once these words are no longer true.
pub fn presence_ui(ui: &Ui, contact: &ContactView, now_ms: u64) -> String {
    if let PresenceView::Offline {
        last_seen_ms: Some(seen),
    } = contact.presence
        && let Some(lasts_ms) = dates::last_seen_lasts_ms(seen, now_ms)
    {
        ui.ctx().request_repaint_after(Duration::from_millis(lasts_ms));
    }
    presence(contact, now_ms)
}

/// A person's name in full, with the mark of a verified contact behind it.
pub fn name_ui(ui: &mut Ui, contact: &ContactView, name: &str) {
    let colours = palette(ui);
    if !contact.verified {
        ui.add(egui::Label::new(Type::Title.rich(name, colours.text)).wrap());
        return;
    }
    let mut job = LayoutJob::default();
    job.append(
        &crate::bidi::reordered(name),
        0.0,
        Type::Title.format(colours.text),
    );
    let mark = egui::TextFormat {
        font_id: Icon::font(size::ICON),
        ..Type::Title.format(colours.good_text)
    };
    job.append(Icon::VERIFIED.text(), space::XS, mark);
    let shown = ui.add(egui::Label::new(job).wrap());
    let spoken = t!("verified-name", name = name);
    shown.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
    shown.on_hover_text(t!("verified-tip", name = contact.name.as_str()));
}

/// What stands where somebody is still to be met: the two ways to a first contact.
pub fn first_ui(ui: &mut Ui, cx: &mut Cx<'_>, icon: Icon, title: &str, hint: &str) {
    let (invite, open) = (t!("chats-invite"), t!("chats-open-link"));
    let empty = Empty::new(icon, title, hint).action(&invite).other(&open);
    let pressed = empty.show(ui);
    if pressed.action {
        cx.act(Action::Go(cx.route.with_dialog(Dialog::Invite)));
    } else if pressed.other {
        let dialog = Dialog::AddContact { link: String::new() };
        cx.act(Action::Go(cx.route.with_dialog(dialog)));
    }
}

/// Whether a link to them is up.
pub fn is_online(contact: &ContactView) -> bool {
    contact.state == ContactState::Accepted && matches!(contact.presence, PresenceView::Online { .. })
}

/// Why there is nothing between us: their side did not take our opening of their link, or we blocked them; and what to do.
pub fn refusal(contact: &ContactView) -> Option<String> {
    let name = contact.name.as_str();
    match (contact.state, contact.refusal) {
        (ContactState::Accepted, _) => None,
        (ContactState::Waiting, _) => Some(t!("contact-waiting", name = name)),
        (ContactState::Blocked, _) => Some(t!("contact-blocked", name = name)),
        (ContactState::Refused, Some(InviteRefusal::Used)) => Some(t!("contact-refused-used", name = name)),
        (ContactState::Refused, Some(InviteRefusal::Expired)) => {
            Some(t!("contact-refused-expired", name = name))
        }
        (ContactState::Refused, Some(InviteRefusal::Revoked)) => {
            Some(t!("contact-refused-revoked", name = name))
        }
        (ContactState::Refused, Some(InviteRefusal::Unknown) | None) => {
            Some(t!("contact-refused-unknown", name = name))
        }
    }
}

/// What has to be known before anything is written to them: their account's key is in two hands.
pub fn alarm(contact: &ContactView) -> Option<String> {
    contact
        .alarmed
        .then(|| t!("contact-alarmed", name = contact.name.as_str()))
}

/// What a row that is not a text says; `name` is its author's.
pub fn notice(row: &MessageView, name: &str) -> Option<String> {
    match &row.body {
        BodyView::Text { .. } => None,
        BodyView::ContactAdded => Some(t!("notice-contact-added", name = name)),
        BodyView::NewDevice { .. } if row.mine => Some(t!("notice-new-device-own")),
        BodyView::NewDevice { .. } => Some(t!("notice-new-device", name = name)),
        BodyView::DeviceGone { .. } => Some(t!("notice-device-gone", name = name)),
        BodyView::Equivocation { .. } if row.mine => Some(t!("notice-equivocation-own")),
        BodyView::Equivocation { .. } => Some(t!("notice-equivocation", name = name)),
        BodyView::Unsupported => Some(t!("message-unsupported")),
        BodyView::Deleted if row.mine => Some(t!("message-deleted-own")),
        BodyView::Deleted => Some(t!("message-deleted")),
        BodyView::Deleting { .. } => Some(t!("message-deleting")),
        BodyView::Timer { seconds } => Some(timer::notice(*seconds, row, name)),
        BodyView::Founded if row.mine => Some(t!("notice-founded-own")),
        BodyView::Founded => Some(t!("notice-founded", name = name)),
        BodyView::Left if row.mine => Some(t!("notice-left-own")),
        BodyView::Left => Some(t!("notice-left", name = name)),
    }
}

/// Whether a row tells that something about its author's devices is new or wrong, so that comparing safety numbers may
/// be wanted.
pub fn is_about_devices(row: &MessageView) -> bool {
    let about = matches!(
        row.body,
        BodyView::NewDevice { .. } | BodyView::Equivocation { .. }
    );
    about && !row.mine
}

/// The second line of a chat's row, in plain words: draft, last message, or what we wait for.
pub fn last_words(chat: &ConversationView, draft: &str) -> String {
    if !draft.trim().is_empty() {
        return format!("{} {}", t!("chats-draft"), draft);
    }
    let Some(last) = &chat.last else {
        let Some(contact) = chat.contact() else {
            return String::new();
        };
        return match contact.state {
            ContactState::Accepted => contact.status.clone(),
            ContactState::Waiting => t!("last-waiting"),
            ContactState::Refused => t!("last-refused"),
            ContactState::Blocked => t!("last-blocked"),
        };
    };
    match &last.body {
        BodyView::Text { text } => match faces::speaker(chat, last) {
            Some(member) => format!(
                "{}: {text}",
                in_short(&faces::member_name(chat.members(), member))
            ),
            None => text.clone(),
        },
        BodyView::ContactAdded => t!("last-contact-added"),
        _ => notice(last, &faces::author(chat, last)).unwrap_or_default(),
    }
}

/// The first word of a name, where there is little room.
fn in_short(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// The second line of a chat's row, laid out in one line: ticks before our own words, a draft in red.
pub fn last_words_line(
    ui: &Ui,
    chat: &ConversationView,
    draft: &str,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let colours = palette(ui);
    let mut job = LayoutJob {
        break_on_newline: false,
        ..LayoutJob::default()
    };
    job.wrap = TextWrapping {
        max_width: width,
        max_rows: 1,
        break_anywhere: true,
        overflow_character: Some('…'),
    };
    let typing = !draft.trim().is_empty();
    if typing {
        job.append(&t!("chats-draft"), 0.0, Type::Secondary.format(colours.danger));
        let draft = format!(" {}", one_line(draft));
        let label = Type::Secondary.width(ui.painter(), &t!("chats-draft"));
        Type::Secondary.append_line(ui.painter(), &mut job, &draft, colours.secondary, width - label);
    } else {
        if let Some(state) = chat.last.as_ref().and_then(|last| last.state) {
            let (icon, ink) = crate::widgets::tick::look(state, colours);
            job.append(icon.text(), 0.0, tick_format(ink, colours));
            job.append(" ", 0.0, Type::Secondary.format(colours.secondary));
        }
        let words = one_line(&last_words(chat, ""));
        let room = width - size::ICON_SMALL - space::S;
        Type::Secondary.append_line(ui.painter(), &mut job, &words, colours.secondary, room);
    }
    ui.painter().layout_job(job)
}

fn tick_format(ink: Color32, colours: &Palette) -> egui::TextFormat {
    let font_id: FontId = Icon::font(size::ICON_SMALL);
    let ink = if ink == colours.own_meta {
        colours.secondary
    } else {
        ink
    };
    egui::TextFormat {
        font_id,
        color: ink,
        ..Type::Secondary.format(ink)
    }
}

/// Only the beginning: a list paints one line of a text that may be 64 KiB long.
fn one_line(text: &str) -> String {
    const LETTERS: usize = 160;
    text.chars()
        .take(LETTERS)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{ALICE, BOB, chat, contact_of, group, row};

    #[test]
    fn a_draft_stands_before_the_last_message() {
        let mut bob = chat(1, "Bob", 1);
        bob.last = Some(row(1, BOB, "see you"));
        assert_eq!(last_words(&bob, " "), "see you");
        assert_eq!(last_words(&bob, "well"), "Draft: well");
    }

    #[test]
    fn in_a_group_the_speaker_is_named_before_the_last_words() {
        let mut hiking = group(8, "Hiking", &[(1, "Alice"), (2, "Bob Okafor")], 1);
        hiking.last = Some(row(1, BOB, "see you"));
        assert_eq!(last_words(&hiking, ""), "Bob: see you");
        hiking.last = Some(row(1, ALICE, "at nine"));
        assert_eq!(last_words(&hiking, ""), "at nine");
    }

    #[test]
    fn presence_says_what_stands_between_us() {
        let mut bob = contact_of(&mut chat(1, "Bob", 1)).clone();
        assert_eq!(presence(&bob, 0), "online, same network");
        bob.presence = PresenceView::Offline { last_seen_ms: None };
        assert_eq!(presence(&bob, 0), "offline");
        bob.state = ContactState::Refused;
        bob.refusal = Some(InviteRefusal::Used);
        assert!(refusal(&bob).is_some_and(|why| why.contains("Ask Bob")));
        bob.state = ContactState::Blocked;
        assert_eq!(presence(&bob, 0), "blocked");
        assert!(refusal(&bob).is_some_and(|why| why.contains("You have blocked Bob")));
    }
}
