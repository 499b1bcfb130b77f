//! Begin a group: choose two to seven contacts and name it. Who belongs to it is so for good, which is said before.
//!
//! What was typed and chosen is kept for as long as the request runs, also while the dialog is closed: it comes up again as
//! it was left. A group that has begun opens if the dialog still stands.

use egui::{Key, Label, Ui};
use kith_node::id::AccountId;
use kith_node::view::{ContactState, ContactView};
use kith_node::{Command, Reply};

use super::{ROWS, head_ui, somebody_else_ui, words_ui};
use crate::action::Action;
use crate::model::Model;
use crate::model::conversations::name_matches;
use crate::model::requests::{RequestKey, RequestState};
use crate::route::{Dialog, Route};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::views::Cx;
use crate::views::face_row::FaceRow;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::keyed_list::KeyedList;
use crate::widgets::notice::{Tone, notice_ui};

/// The field for the name.
pub const NAME: &str = "group name";
const SEARCH: &str = "group search";

/// The fewest and the most contacts of a group, as `create_group` takes them.
const FEWEST: usize = 2;
const MOST: usize = 7;
const LEAST_ROWS: f32 = 2.5;
/// The longest name, in characters.
const NAME_LIMIT: usize = 64;

/// What is typed and chosen in the dialog.
#[derive(Default)]
pub struct NewGroupDialog {
    name: String,
    search: String,
    chosen: Vec<AccountId>,
}

/// The request that begins a group.
fn key() -> RequestKey {
    RequestKey::only("create group")
}

/// Where an answer leads: to the group that has begun, if its dialog still stands.
pub fn leads_to(route: &Route, command: &Command, reply: &Reply) -> Option<Route> {
    match (command, reply) {
        (Command::CreateGroup { .. }, Reply::Conversation(chat))
            if route.dialog == Some(Dialog::NewGroup) =>
        {
            Some(Route::conversation(chat.id))
        }
        _ => None,
    }
}

impl NewGroupDialog {
    /// The dialog comes up: anew, unless a group is just being begun.
    pub fn open(&mut self, cx: &mut Cx<'_>) {
        if !cx.model.requests.state(&key()).is_running() {
            *self = Self::default();
            cx.act(Action::Forgive(key()));
        }
    }

    /// Paints the dialog.
    pub fn show_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        head_ui(ui, cx, &t!("group-new"));
        let model = cx.model;
        if model.contacts.iter().filter(can_belong).count() < FEWEST {
            words_ui(ui, &t!("group-new-few"));
            somebody_else_ui(ui, cx);
            return;
        }
        self.chosen
            .retain(|account| model.contacts.get(*account).as_ref().is_some_and(can_belong));
        let state = model.requests.state(&key());
        let idle = !state.is_running();
        ui.add(Label::new(Type::Secondary.rich(t!("group-new-hint"), palette(ui).secondary)).wrap());
        ui.add_space(space::M);
        self.fields_ui(ui, cx, idle);
        if let RequestState::Failed(why) = &state {
            ui.add_space(space::S);
            notice_ui(ui, Tone::Danger, why);
        }
        ui.add_space(space::M);
        let ready = !self.name.trim().is_empty() && self.chosen.len() >= FEWEST;
        let label = t!("group-new-button");
        let create = Button::primary(&label)
            .icon(Icon::NEW_GROUP)
            .wide()
            .enabled(ready);
        if create.request(&state, cx.now_ms).show(ui).clicked() {
            let command = Command::CreateGroup {
                name: self.name.trim().to_owned(),
                members: self.chosen.clone(),
            };
            cx.act(Action::Call { key: key(), command });
        }
    }

    /// The name, and the contacts below the field that finds them.
    fn fields_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, idle: bool) {
        let name = Field::new(NAME, &t!("group-name"))
            .limit(NAME_LIMIT)
            .enabled(idle)
            .show(ui, &mut self.name);
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(space::M);
        let search = Field::search(SEARCH, &t!("contacts-search"))
            .enabled(idle)
            .show(ui, &mut self.search);
        let takes_first = entered && search.lost_focus();
        if (entered && name.lost_focus()) || takes_first {
            // From the name on to the people, and from one of them to the next.
            search.request_focus();
        }
        ui.add_space(space::S);
        let found = found(cx.model, &self.search);
        if found.is_empty() {
            let none = t!("find-none", query = self.search.trim());
            ui.label(Type::Secondary.rich(none, palette(ui).secondary));
        }
        let mut pressed = None;
        let account = |row: usize| found.get(row).map(|contact| contact.account);
        KeyedList::new(search.id, size::CHAT_ROW, found.len())
            .most(people_height(ui))
            .show(ui, account, |ui, row, stop| {
                if let Some(contact) = found.get(row)
                    && FaceRow::contact(ui, cx, contact)
                        .chosen(self.chosen.contains(&contact.account))
                        .show(ui, stop)
                {
                    pressed = Some(contact.account);
                }
            });
        if takes_first && !self.search.trim().is_empty() {
            pressed = account(0);
            self.search.clear();
        }
        if let Some(account) = pressed.filter(|_| idle) {
            self.choose(account);
        }
        ui.add_space(space::S);
        let said = match self.chosen.len() {
            MOST => t!("group-new-full", count = MOST),
            count => t!("group-new-chosen", count = count),
        };
        ui.label(Type::Caption.rich(said, palette(ui).secondary));
    }

    /// Chooses somebody, or no longer; nobody beyond the most.
    fn choose(&mut self, account: AccountId) {
        if self.chosen.contains(&account) {
            self.chosen.retain(|chosen| *chosen != account);
        } else if self.chosen.len() < MOST {
            self.chosen.push(account);
        }
    }
}

fn people_height(ui: &Ui) -> f32 {
    let room = ui.ctx().content_rect().height() - 2.0 * space::XXL - size::NEW_GROUP_REST;
    let rows = (room / size::CHAT_ROW - 0.5).floor() + 0.5;
    rows.clamp(LEAST_ROWS, ROWS) * size::CHAT_ROW
}

fn can_belong(contact: &&ContactView) -> bool {
    contact.state == ContactState::Accepted
}

fn found<'a>(model: &'a Model, search: &str) -> Vec<&'a ContactView> {
    let all = model.contacts.iter().filter(can_belong);
    all.filter(|contact| name_matches(&contact.name, search))
        .collect()
}
