//! What comes back from outside and changes where the app stands: answers of the node, profiles made, opened and deleted,
//! pictures that were chosen, another launch that knocks.

use egui::{Context, UserAttentionType, ViewportCommand};
use kith_node::{Command, CommandError, Reply};

use super::{App, Stage};
use crate::backend::PickFailure;
use crate::model::Model;
use crate::model::requests::{RequestId, RequestKey};
use crate::profiles::{ProfileFailure, ProfileId, ProfileReply, ProfileRequest};
use crate::route::{Dialog, Route, Section, SettingsPage};
use crate::views::start::Start;
use crate::views::talk::Talk;
use crate::views::{deleting, dialogs};
use crate::widgets::toast::Toast;
use crate::{i18n, pictures, t};

/// Side of the pictures that are kept on the graphics card, in pixels.
const PICTURE_SIDE: u32 = 256;

impl App {
    pub(super) fn replied(&mut self, ctx: &Context, id: RequestId, result: Result<Reply, CommandError>) {
        let Some(command) = self.commands.remove(&id) else {
            return;
        };
        match result {
            Ok(Reply::Picture(image)) => {
                self.model.requests.done(id);
                self.picture_came(ctx, &command, &image);
            }
            Ok(reply) => {
                self.model.requests.done(id);
                match (&command, &reply) {
                    (Command::SetBootstraps { addresses }, _) => self.keep_bootstraps(addresses),
                    (Command::DropHeld { .. }, _) => self.say(Toast::good(t!("mailbox-dropped"))),
                    (Command::AddContact { .. }, Reply::Contact(contact)) => {
                        self.awaited = Some(contact.account);
                        self.route = Route {
                            contact: self.awaited,
                            ..Route::section(Section::Contacts)
                        };
                    }
                    _ => {}
                }
                if let Some(route) = dialogs::leads_to(&self.route, &command, &reply) {
                    self.route = route;
                }
                if let Some(said) = deleting::said(&command, &reply) {
                    self.say(said);
                }
                if let Command::DeleteChat { conversation } = command {
                    self.route = self.route.without(conversation);
                }
                let asked = self.model.apply_reply(&command, reply);
                self.ask_all(asked);
            }
            Err(error) => {
                let sentence = i18n::errors::sentence(&error);
                self.model.requests.failed(id, sentence.clone());
                let told = self.model.apply_failure(&command, &error, self.now_ms());
                if !told && !self.shows_failure(&command) {
                    self.say(Toast::bad(sentence));
                }
            }
        }
    }

    /// Whether what is open says where it was asked that this could not be done, so that it is not said twice.
    fn shows_failure(&self, command: &Command) -> bool {
        let dialog = self.route.dialog.as_ref();
        match command {
            Command::AddContact { .. } => matches!(dialog, Some(Dialog::AddContact { .. })),
            Command::CreateGroup { .. } => matches!(dialog, Some(Dialog::NewGroup)),
            Command::GetLedger { .. } => matches!(dialog, Some(Dialog::Ledger { .. })),
            Command::GetSafetyNumber { .. } | Command::CheckSafetyCode { .. } => {
                matches!(dialog, Some(Dialog::Safety { .. }))
            }
            Command::SetBootstraps { .. } => self.route.settings == Some(SettingsPage::Network),
            Command::SetProfile { .. } => self.route.settings == Some(SettingsPage::Profile),
            Command::ListConversations {} => {
                self.route.section == Section::Chats && !self.model.chats.list.loaded()
            }
            Command::ListContacts {} => {
                self.route.section == Section::Contacts && !self.model.contacts.loaded()
            }
            Command::ListInvites {} => {
                self.route.section == Section::Contacts && !self.model.invites.loaded()
            }
            // Initials stand in for it.
            Command::GetPicture { .. } => true,
            _ => false,
        }
    }

    pub(super) fn picture_came(&mut self, ctx: &Context, command: &Command, image: &str) {
        let Command::GetPicture { picture } = command else {
            return;
        };
        let decoded = data_encoding::BASE64
            .decode(image.as_bytes())
            .map_err(|error| error.to_string());
        let decoded = decoded
            .and_then(|bytes| pictures::decode(&bytes, PICTURE_SIDE).map_err(|error| error.to_string()));
        match decoded {
            Ok(image) => self.model.pictures.arrived(ctx, picture, image),
            Err(error) => tracing::warn!(%error, "a picture could not be decoded; initials are shown"),
        }
    }

    pub(super) fn profile_replied(&mut self, id: RequestId, result: Result<ProfileReply, ProfileFailure>) {
        match result {
            Ok(reply) => {
                self.model.requests.done(id);
                if let ProfileReply::Created { id, .. } | ProfileReply::Opened { id } = &reply {
                    self.opened(id.clone());
                }
                let enters = match (&mut self.stage, &reply) {
                    (Stage::Open, ProfileReply::Words(words)) => {
                        self.talk.reveal(words.clone());
                        false
                    }
                    (_, ProfileReply::Deleted) => {
                        self.deleted();
                        false
                    }
                    (Stage::Closed(start), reply) => start.answered(reply),
                    (Stage::Open, _) => false,
                };
                if enters {
                    self.enter();
                }
            }
            Err(why) => {
                self.model.requests.failed(id, why.sentence());
            }
        }
    }

    /// A profile is open and its node runs.
    pub(super) fn opened(&mut self, id: ProfileId) {
        self.keep(|settings| settings.last_profile = Some(id.0.clone()));
        self.model.own_folder = Some(id);
        self.ask_all(Model::first_questions());
        if !self.model.bootstraps.is_empty() {
            let addresses = self.model.bootstraps.clone();
            self.ask_all(vec![Command::SetBootstraps { addresses }]);
        }
    }

    /// The node uses these bootstrap nodes from now on: so it shall after the next start. What another window has entered
    /// since stays entered.
    fn keep_bootstraps(&mut self, addresses: &[String]) {
        let before = std::mem::replace(&mut self.model.bootstraps, addresses.to_vec());
        if before == addresses {
            return;
        }
        self.keep(|settings| {
            let kept = &mut settings.bootstraps;
            kept.retain(|address| !before.contains(address) || addresses.contains(address));
            let new: Vec<_> = addresses
                .iter()
                .filter(|address| !kept.contains(address))
                .cloned()
                .collect();
            kept.extend(new);
        });
    }

    /// The person goes in.
    pub(super) fn enter(&mut self) {
        let Stage::Closed(start) = &mut self.stage else {
            return;
        };
        if let Some(bytes) = start.picture.take() {
            self.set_picture(&bytes);
        }
        self.stage = Stage::Open;
        let link = std::mem::take(&mut self.link);
        if !link.is_empty() {
            self.route = self.route.with_dialog(Dialog::AddContact { link });
        }
    }

    /// The profile is gone: back to the first screen, with nothing left of it in memory.
    pub(super) fn deleted(&mut self) {
        let gone = self.model.own_folder.take().map(|id| id.0);
        self.keep(|settings| {
            // Another window may have opened another profile since.
            settings
                .last_profile
                .take_if(|last| gone.as_deref() == Some(last.as_str()));
        });
        self.model = Model::chosen(&self.settings);
        self.commands.clear();
        self.talk = Talk::default();
        self.route = Route::default();
        self.stage = Stage::Closed(Box::new(Start::new(None)));
        self.say(Toast::good(t!("deleted-profile")));
        self.ask_profile(RequestKey::only("list-profiles"), ProfileRequest::List);
    }

    /// A file that was dropped on a page where a picture can be chosen is that picture.
    pub(super) fn take_dropped(&mut self, ctx: &Context) {
        let takes =
            matches!(self.stage, Stage::Closed(_)) || self.route.settings == Some(SettingsPage::Profile);
        let dropped = ctx.input(|input| {
            let file = input.raw.dropped_files.first();
            file.map(|file| file.path().to_owned())
        });
        // A pass that is done again sees the same file.
        let first = ctx.current_pass_index() == 0;
        if let Some(path) = dropped.filter(|_| takes && first) {
            self.backend.read_picture(path);
        }
    }

    pub(super) fn picked(&mut self, ctx: &Context, bytes: Vec<u8>) {
        self.model.names_picture = false;
        match &mut self.stage {
            Stage::Closed(start) => start.picked(ctx, bytes),
            Stage::Open => self.set_picture(&bytes),
        }
    }

    pub(super) fn set_picture(&mut self, bytes: &[u8]) {
        let image = Some(data_encoding::BASE64.encode(bytes));
        self.ask(RequestKey::only("set-picture"), Command::SetPicture { image });
    }

    pub(super) fn pick_failed(&mut self, why: &PickFailure) {
        self.say(Toast::bad(match why {
            PickFailure::Nothing => {
                self.model.names_picture = true;
                return;
            }
            PickFailure::TooLarge => t!("error-picture-size"),
            PickFailure::Unreadable(reason) => t!("error-picture-file", reason = i18n::errors::cause(reason)),
        }));
    }

    pub(super) fn raised(&mut self, ctx: &Context, link: String) {
        ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(ViewportCommand::Focus);
        ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(
            UserAttentionType::Informational,
        ));
        match (&self.stage, link.is_empty()) {
            (_, true) => {}
            (Stage::Open, false) => self.route = self.route.with_dialog(Dialog::AddContact { link }),
            (Stage::Closed(_), false) => self.link = link,
        }
    }
}
