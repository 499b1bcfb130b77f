//! What the app does because a view wished it or an answer demands it: questions to the node, changed choices, words in
//! passing.

use std::sync::atomic::Ordering;

use egui::{Context, ViewportCommand};
use kith_node::Command;

use super::App;
use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::profiles::ProfileRequest;
use crate::settings::Settings;
use crate::widgets::toast::Toast;
use crate::{i18n, t, theme};

impl App {
    pub(super) fn carry_out(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Call { key, command } => self.ask(key, command),
            Action::Profile { key, request } => self.ask_profile(key, request),
            Action::Chat(wish) => {
                let asked = self.model.chats.carry_out(wish, self.now_ms());
                self.ask_all(asked);
            }
            Action::Forgive(key) => self.model.requests.forgive(&key),
            Action::Go(route) => {
                self.route = route;
                self.awaited = None;
            }
            Action::Back => {
                if let Some(route) = self.route.back() {
                    self.route = route;
                    self.awaited = None;
                }
            }
            Action::Copy(text) => {
                ctx.copy_text(text);
                self.say(Toast::good(t!("copied")));
            }
            Action::OpenUrl(url) => self.backend.open_link(url),
            Action::Toast(toast) => self.say(toast),
            Action::PickPicture => self.backend.pick_picture(),
            Action::ReadPicture(path) => self.backend.read_picture(path),
            Action::SetAppearance(appearance) => {
                self.model.appearance = appearance;
                theme::apply(ctx, appearance, self.model.system_wants_less_motion);
                self.keep(|settings| settings.appearance = appearance);
            }
            Action::SetLanguage(language) => {
                self.model.language = language;
                self.keep(|settings| settings.language = language);
                i18n::set_language(self.settings.language());
            }
            Action::Lock => self.lock(ctx),
            Action::OpenOther(profile) => {
                if let Err(error) = self.backend.open_other(profile) {
                    self.say(Toast::bad(t!(
                        "other-failed",
                        reason = i18n::errors::cause(&error.to_string())
                    )));
                }
            }
            Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// Closes the window and starts anew; a window that would not come back stays, and says how it is locked all the same.
    pub(super) fn lock(&mut self, ctx: &Context) {
        match self.backend.can_start_anew() {
            Ok(()) => {
                self.after_close.start_anew.store(true, Ordering::Relaxed);
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Err(error) => self.say(Toast::bad(t!(
                "lock-failed",
                reason = i18n::errors::cause(&error.to_string())
            ))),
        }
    }

    /// Now, unix milliseconds, by the time that the node goes by.
    pub(super) fn now_ms(&self) -> u64 {
        self.model.now_ms(self.backend.now_ms())
    }

    pub(super) fn say(&mut self, toast: Toast) {
        let now_ms = self.now_ms();
        self.toasts.push(toast, now_ms);
    }

    /// Changes the choices here and where they are kept. What another window has chosen since stays as it is there.
    pub(super) fn keep(&mut self, change: impl Fn(&mut Settings)) {
        change(&mut self.settings);
        let file = self.settings_file.as_ref();
        if let Some(Err(error)) = file.map(|file| file.change(&change)) {
            self.say(Toast::bad(t!(
                "error-settings",
                reason = i18n::errors::cause(&error.to_string())
            )));
        }
    }

    pub(super) fn ask_all(&mut self, commands: Vec<Command>) {
        for command in commands {
            // Questions of the model itself may run side by side: each has a key of its own.
            self.questions = self.questions.wrapping_add(1);
            let key = RequestKey::of("model", self.questions);
            self.ask(key, command);
        }
    }

    pub(super) fn ask(&mut self, key: RequestKey, command: Command) {
        if let Some(id) = self.model.requests.begin(key, self.now_ms()) {
            self.commands.insert(id, command.clone());
            self.backend.call(id, command);
        }
    }

    pub(super) fn ask_profile(&mut self, key: RequestKey, request: ProfileRequest) {
        if let Some(id) = self.model.requests.begin(key, self.now_ms()) {
            self.backend.profile(id, request);
        }
    }
}
