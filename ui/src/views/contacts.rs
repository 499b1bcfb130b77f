//! Everyone we know: the list, and one person in full, here and in the details beside a conversation.

mod blocking;
mod group;
mod invites;

use std::fmt::Debug;
use std::hash::Hash;

use egui::{Role, ScrollArea, Ui, WidgetInfo};
use kith_node::Command;
use kith_node::id::{AccountId, ConversationId};
use kith_node::view::{ContactState, ContactView};

use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::route::{Breadth, Dialog, Route, Section};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::chats::{list_header_ui, search_id, search_ui};
use crate::views::face_row::FaceRow;
use crate::views::missing::missing_ui;
use crate::views::{Cx, carrying, people, timer};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::{Button, icon_button};
use crate::widgets::empty::Empty;
use crate::widgets::icon::Icon;
use crate::widgets::keyed_list::KeyedList;
use crate::widgets::notice::{Tone, notice_ui};

/// The field that finds a contact.
const SEARCH: &str = "contacts";
/// Skeleton rows while the list is on its way.
const SKELETONS: usize = 6;

/// The contact list.
#[derive(Default)]
pub struct ContactList {
    search: String,
}

impl ContactList {
    /// Paints the list with its header.
    pub fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (group, add) = (t!("group-new"), t!("contacts-add"));
        let actions = [(Icon::NEW_GROUP, group.as_str()), (Icon::ADD_CONTACT, &add)];
        match list_header_ui(ui, &t!("section-contacts"), actions) {
            Some(0) => cx.act(Action::Go(cx.route.with_dialog(Dialog::NewGroup))),
            Some(_) => cx.act(Action::Go(cx.route.with_dialog(Dialog::Invite))),
            None => {}
        }
        let model = cx.model;
        if !model.contacts.loaded() {
            missing_ui(ui, cx, Command::ListContacts {}, SKELETONS);
            return;
        }
        if model.contacts.is_empty() {
            invites::row_ui(ui, cx);
            let (title, hint) = (t!("contacts-empty-title"), t!("contacts-empty-hint"));
            people::first_ui(ui, cx, Icon::CONTACTS, &title, &hint);
            return;
        }
        search_ui(ui, SEARCH, &t!("contacts-search"), &mut self.search);
        invites::row_ui(ui, cx);
        let found = model.contacts.matching(&self.search);
        if found.is_empty() {
            let (title, hint) = (
                t!("chats-none-title"),
                t!("contacts-none-hint", query = self.search.trim()),
            );
            Empty::new(Icon::SEARCH, &title, &hint).show(ui);
            return;
        }
        let list = KeyedList::new(search_id(SEARCH), size::CHAT_ROW, found.len());
        if let Some(chosen) = people_ui(ui, cx, list, &found, cx.route.contact) {
            cx.act(Action::Go(Route {
                contact: Some(chosen.account),
                ..Route::section(Section::Contacts)
            }));
        }
    }
}

/// Rows of people, one of whom may be open; gives who was pressed.
pub fn people_ui<'a>(
    ui: &mut Ui,
    cx: &Cx<'_>,
    list: KeyedList,
    people: &[&'a ContactView],
    open: Option<AccountId>,
) -> Option<&'a ContactView> {
    let mut chosen = None;
    let key = |row: usize| people.get(row).map(|contact| contact.account);
    let is_open = |contact: &&ContactView| open == Some(contact.account);
    list.open(people.iter().position(is_open))
        .show(ui, key, |ui, row, stop| {
            if let Some(contact) = people.get(row)
                && FaceRow::contact(ui, cx, contact)
                    .open(is_open(contact))
                    .show(ui, stop)
            {
                chosen = Some(*contact);
            }
        });
    chosen
}

/// The open contact, or what stands there when none is open.
pub fn content_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let model = cx.model;
    if cx.breadth == Breadth::Narrow {
        let title = if cx.route.invites {
            t!("invite-handed-out")
        } else {
            String::new()
        };
        back_bar_ui(ui, cx, &title);
    }
    match cx.route.contact.map(|account| model.contacts.get(account)) {
        Some(Some(contact)) => person_ui(ui, cx, contact),
        Some(None) => {
            let (title, hint) = (t!("contact-unknown-title"), t!("contact-unknown-hint"));
            Empty::new(Icon::PERSON, &title, &hint).show(ui);
        }
        None if invites::has_page(cx) => invites::list_ui(ui, cx),
        None => {
            let (title, hint) = (t!("contact-none-title"), t!("contact-none-hint"));
            Empty::new(Icon::CONTACTS, &title, &hint).show(ui);
        }
    }
}

/// The details beside a conversation: its contact, or who belongs to it.
pub fn details_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let model = cx.model;
    let Some(chat) = cx.route.conversation.and_then(|id| model.chats.list.get(id)) else {
        return;
    };
    back_bar_ui(ui, cx, "");
    match chat.contact() {
        Some(contact) => person_ui(ui, cx, contact),
        None => group::group_ui(ui, cx, chat),
    }
}

/// A bar with the way back, and the name of a page that has one.
pub fn back_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, title: &str) {
    ui.add_space(space::S);
    ui.horizontal(|ui| {
        ui.add_space(space::S);
        let (icon, label) = if cx.route.details {
            (Icon::CLOSE, t!("close"))
        } else {
            (Icon::BACK, t!("back"))
        };
        if icon_button(ui, icon, &label).clicked() {
            cx.act(Action::Back);
        }
        if !title.is_empty() {
            let name = ui.add(egui::Label::new(Type::Title.rich(title, palette(ui).text)).truncate());
            name.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
        }
    });
}

/// A page of one column in the middle, that scrolls.
fn page_ui(ui: &mut Ui, id: impl Hash + Debug, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .id_salt(id)
        .auto_shrink(false)
        .show(ui, |ui| {
            let width = ui.available_width().min(size::CARD) - 2.0 * space::L;
            ui.vertical_centered(|ui| {
                ui.set_max_width(width);
                add(ui);
            });
        });
}

fn person_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    page_ui(ui, ("person", contact.account), |ui| {
        let colours = palette(ui);
        let bar = cx.route.details || cx.breadth == Breadth::Narrow;
        ui.add_space(if bar { space::XS } else { space::XL });
        let name = cx.model.contacts.shown_name(contact);
        let picture = cx.model.pictures.get(contact.picture.as_deref());
        Avatar::new(contact.account.as_bytes(), &name)
            .picture(picture.as_ref())
            .show(ui, size::AVATAR_LARGE);
        ui.add_space(space::M);
        people::name_ui(ui, contact, &name);
        let presence = people::presence_ui(ui, contact, cx.now_ms);
        let ink = if people::is_online(contact) {
            colours.good_text
        } else {
            colours.secondary
        };
        ui.label(Type::Secondary.rich(presence, ink));
        ui.add_space(space::L);
        if let Some(why) = people::refusal(contact) {
            let tone = match contact.state {
                ContactState::Refused => Tone::Warning,
                _ => Tone::Info,
            };
            notice_ui(ui, tone, &why);
            ui.add_space(space::L);
        }
        if let Some(alarm) = people::alarm(contact) {
            let more = t!("contact-alarmed-more", name = contact.name.as_str());
            notice_ui(ui, Tone::Danger, &format!("{alarm}\n{more}"));
            ui.add_space(space::L);
        }
        deeds_ui(ui, cx, contact);
        ui.add_space(space::XL);
        let chat = cx.model.chats.list.with(contact.account);
        let chat = chat.filter(|chat| chat.deleting.is_none());
        if let Some(chat) = chat.filter(|_| contact.state == ContactState::Accepted) {
            timer::choice_ui(ui, cx, chat);
        }
        letters_ui(ui, cx, contact);
        facts_ui(ui, contact);
        if let Some(chat) = chat.filter(|chat| !chat.hidden) {
            delete_chat_ui(ui, cx, chat.id);
        }
        if contact.state != ContactState::Blocked {
            blocking::block_ui(ui, cx, contact);
        }
        ui.add_space(space::XL);
    });
}

fn deeds_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    let blocked = contact.state == ContactState::Blocked;
    if blocked {
        blocking::unblock_ui(ui, cx, contact);
        ui.add_space(space::S);
    }
    let message = t!("contact-message");
    let button = if blocked {
        Button::soft(&message)
    } else {
        Button::primary(&message)
    };
    if cx.route.section == Section::Contacts
        && let Some(chat) = cx.model.chats.list.with(contact.account)
        && button.icon(Icon::CHATS).wide().show(ui).clicked()
    {
        cx.act(Action::Go(Route::conversation(chat.id)));
    }
    if contact.state == ContactState::Accepted {
        ui.add_space(space::S);
        let compare = t!("safety-title");
        if Button::soft(&compare)
            .icon(Icon::SHIELD)
            .wide()
            .show(ui)
            .clicked()
        {
            let account = contact.account;
            cx.act(Action::Go(cx.route.with_dialog(Dialog::Safety { account })));
        }
        return;
    }
    if blocked {
        return;
    }
    let key = RequestKey::of("remove contact", contact.account);
    let state = cx.model.requests.state(&key);
    ui.add_space(space::S);
    let remove = Button::soft(&t!("contact-remove"))
        .icon(Icon::DELETE)
        .wide()
        .request(&state, cx.now_ms)
        .show(ui);
    if remove.clicked() {
        cx.act(Action::Call {
            key,
            command: Command::RemoveContact {
                account: contact.account,
            },
        });
    }
}

/// The way to deleting the whole chat, below everything else.
fn delete_chat_ui(ui: &mut Ui, cx: &mut Cx<'_>, conversation: ConversationId) {
    let label = t!("delete-chat");
    let button = Button::plain_danger(&label).icon(Icon::DELETE).wide().leading();
    if button.show(ui).clicked() {
        cx.act(Action::Go(
            cx.route.with_dialog(Dialog::DeleteChat { conversation }),
        ));
    }
}

/// Who keeps letters for whom while one of the two is away.
fn letters_ui(ui: &mut Ui, cx: &mut Cx<'_>, contact: &ContactView) {
    if contact.state != ContactState::Accepted || cx.model.carrying.view.is_none() {
        return;
    }
    ui.vertical(|ui| {
        ui.label(Type::BodyStrong.rich(t!("person-letters"), palette(ui).text));
        let title = t!("person-carries", name = contact.name.as_str());
        carrying::carrier_switch_ui(ui, cx, contact, &title);
        carrying::mailbox_switch_ui(ui, cx, contact, &t!("person-carried"));
        if cx.model.carrying.reaches(contact.account) {
            let said = t!("person-reachable", name = contact.name.as_str());
            ui.add_space(space::S);
            ui.add(egui::Label::new(Type::Caption.rich(said, palette(ui).secondary)).wrap());
        }
    });
    ui.add_space(space::XL);
}

/// What they say of themselves, and what tells them from others of their name.
fn facts_ui(ui: &mut Ui, contact: &ContactView) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS / 2.0;
        if !contact.status.is_empty() {
            fact_ui(ui, &t!("contact-status"), &contact.status);
            ui.add_space(space::M);
        }
        fact_ui(ui, &t!("contact-key"), &contact.fingerprint);
        let hint = Type::Caption.rich(t!("contact-key-hint"), palette(ui).secondary);
        ui.add(egui::Label::new(hint).wrap());
        ui.add_space(space::XL);
    });
}

/// A fact with its name above it.
pub fn fact_ui(ui: &mut Ui, name: &str, value: &str) {
    let colours = palette(ui);
    ui.label(Type::Caption.rich(name, colours.secondary));
    ui.add(
        egui::Label::new(Type::Body.rich(value, colours.text))
            .wrap()
            .selectable(true),
    );
}
