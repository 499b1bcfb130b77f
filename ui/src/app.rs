//! The app itself: folds what comes from outside into the model, paints, and carries out what painting asked for.
//!
//! [`App::logic_step`] runs for each frame, hidden or not; [`App::paint`] only when something shows. A view never
//! changes the model: its [`Action`]s are carried out after the frame.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::{Context, Key, KeyboardShortcut, Modifiers, Ui, UserAttentionType, ViewportCommand};
use kith_node::{Command, CommandError, Event, Reply};

use crate::action::Action;
use crate::backend::{Backend, Incoming, PickFailure};
use crate::milestones::Milestone;
use crate::model::Model;
use crate::model::requests::{RequestId, RequestKey};
use crate::profiles::{ProfileFailure, ProfileId, ProfileReply, ProfileRequest};
use crate::route::{Breadth, Dialog, Route, Section};
use crate::settings::{Settings, SettingsFile, WindowPlace};
use crate::theme::{self, motion, size};
use crate::views::Cx;
use crate::views::frame::{Panes, frame_ui};
use crate::views::start::Start;
use crate::views::talk::Talk;
use crate::widgets::toast::{Toast, Toasts};
use crate::{fonts, i18n, pictures, t};

/// Side of the pictures that are kept on the graphics card, in pixels.
const PICTURE_SIDE: u32 = 256;

/// What the process does once the window is closed.
#[derive(Clone, Default)]
pub struct AfterClose {
    start_anew: Arc<AtomicBool>,
}

impl AfterClose {
    /// Whether the process should start anew, at the unlock screen: its memory, keys included, is gone then.
    pub fn starts_anew(&self) -> bool {
        self.start_anew.load(Ordering::Relaxed)
    }
}

/// What the app is started with.
pub struct Launch {
    /// The world outside.
    pub backend: Box<dyn Backend>,
    /// What the person chose.
    pub settings: Settings,
    /// Where that is kept; `None` keeps nothing.
    pub settings_file: Option<SettingsFile>,
    /// The folder name of the profile to offer first.
    pub profile: Option<String>,
    /// A `kith:` link to open, or nothing.
    pub link: String,
    /// Told what to do once the window is closed.
    pub after_close: AfterClose,
}

enum Stage {
    Closed(Box<Start>),
    Open,
}

/// The app.
pub struct App {
    backend: Box<dyn Backend>,
    model: Model,
    stage: Stage,
    talk: Talk,
    route: Route,
    toasts: Toasts,
    settings: Settings,
    settings_file: Option<SettingsFile>,
    commands: HashMap<RequestId, Command>,
    questions: u64,
    profile: Option<ProfileId>,
    link: String,
    after_close: AfterClose,
    closed: bool,
    painted: Milestone,
}

impl Drop for App {
    fn drop(&mut self) {
        self.closing();
    }
}

impl App {
    /// Dresses egui and looks for profiles.
    pub fn new(ctx: &Context, launch: Launch) -> Self {
        fonts::install(ctx);
        theme::apply(ctx, launch.settings.appearance);
        i18n::set_language(launch.settings.language());
        let preferred = launch.profile.or_else(|| launch.settings.last_profile.clone());
        let mut app = Self {
            backend: launch.backend,
            model: Model {
                appearance: launch.settings.appearance,
                language: launch.settings.language,
                ..Model::default()
            },
            stage: Stage::Closed(Box::new(Start::new(preferred))),
            talk: Talk::default(),
            route: Route::default(),
            toasts: Toasts::default(),
            settings: launch.settings,
            settings_file: launch.settings_file,
            commands: HashMap::new(),
            questions: 0,
            profile: None,
            link: launch.link,
            after_close: launch.after_close,
            closed: false,
            painted: Milestone::default(),
        };
        app.ask_profile(RequestKey::only("list-profiles"), ProfileRequest::List);
        app
    }

    /// What is known.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Takes in what came from outside.
    pub fn logic_step(&mut self, ctx: &Context) {
        self.note_window(ctx);
        while let Some(incoming) = self.backend.next() {
            match incoming {
                Incoming::Reply { id, result } => self.replied(ctx, id, result),
                Incoming::Profile { id, result } => self.profile_replied(id, result),
                Incoming::Event(event) => {
                    if let Event::Fault { place } = &event {
                        self.say(Toast::bad(t!("fault", place = place.as_str())));
                    }
                    let asked = self.model.apply_event(event);
                    self.ask_all(asked);
                }
                Incoming::Picked(bytes) => self.picked(ctx, bytes),
                Incoming::PickFailed(why) => self.pick_failed(&why),
                Incoming::Raise(link) => self.raised(ctx, link),
            }
        }
        for hash in self.model.pictures.take_wanted() {
            self.ask(
                RequestKey::of("picture", &hash),
                Command::GetPicture {
                    picture: hash.clone(),
                },
            );
        }
        let (asked, wait_ms) = self.model.chats.tick(self.backend.now_ms());
        self.ask_all(asked);
        if let Some(wait_ms) = wait_ms {
            ctx.request_repaint_after(std::time::Duration::from_millis(wait_ms));
        }
        if let Some(wait_ms) = self.toasts.expire(self.backend.now_ms()) {
            ctx.request_repaint_after(std::time::Duration::from_millis(wait_ms));
        }
    }

    /// Paints everything and carries out what was asked for.
    pub fn paint(&mut self, ui: &mut Ui) {
        let now_ms = self.backend.now_ms();
        let breadth = Breadth::of(ui.max_rect().width());
        let mut actions = Vec::new();
        let mut cx = Cx {
            model: &self.model,
            route: &self.route,
            breadth,
            now_ms,
            actions: &mut actions,
        };
        let mut enters = false;
        match &mut self.stage {
            Stage::Closed(start) => enters = start.start_ui(ui, &mut cx),
            Stage::Open => {
                keys(ui, &mut cx);
                frame_ui(ui, &mut cx, &mut self.talk as &mut dyn Panes);
                // Relative times ("5 minutes ago") move on by themselves.
                ui.ctx().request_repaint_after(motion::CLOCK);
            }
        }
        let rail = if breadth == Breadth::Narrow {
            size::RAIL_BOTTOM
        } else {
            0.0
        };
        self.toasts.show(ui.ctx(), rail);
        for action in actions {
            self.carry_out(ui.ctx(), action);
        }
        self.painted.reach(self.milestone());
        if enters {
            self.enter();
        }
    }

    /// What the frame just painted showed.
    fn milestone(&self) -> Milestone {
        let chats = &self.model.chats;
        let open = self.route.conversation.and_then(|chat| chats.timeline(chat));
        if open.is_some_and(|timeline| !timeline.rows().is_empty()) {
            Milestone::Conversation
        } else if chats.list.loaded() {
            Milestone::Chats
        } else {
            Milestone::Frame
        }
    }

    /// The window is closing: its place and what is half typed are kept, the profile closed. Only the first call
    /// does something: eframe does not tell of every way in which a window goes, so dropping the app calls it too.
    pub fn closing(&mut self) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        self.keep_settings();
        let drafts = self.model.chats.keep_all_drafts();
        self.ask_all(drafts);
        self.backend.close();
    }

    fn carry_out(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Call { key, command } => self.ask(key, command),
            Action::Profile { key, request } => self.ask_profile(key, request),
            Action::Chat(wish) => {
                let asked = self.model.chats.carry_out(wish, self.backend.now_ms());
                self.ask_all(asked);
            }
            Action::Forgive(key) => self.model.requests.forgive(&key),
            Action::Go(route) => self.route = route,
            Action::Back => {
                if let Some(route) = self.route.back() {
                    self.route = route;
                }
            }
            Action::Copy(text) => {
                ctx.copy_text(text);
                self.say(Toast::good(t!("copied")));
            }
            Action::OpenUrl(url) => ctx.open_url(egui::OpenUrl::new_tab(url)),
            Action::Toast(toast) => self.say(toast),
            Action::PickPicture => self.backend.pick_picture(),
            Action::SetAppearance(appearance) => {
                self.settings.appearance = appearance;
                self.model.appearance = appearance;
                theme::apply(ctx, appearance);
                self.keep_settings();
            }
            Action::SetLanguage(language) => {
                self.settings.language = language;
                self.model.language = language;
                i18n::set_language(self.settings.language());
                self.keep_settings();
            }
            Action::Lock => {
                self.after_close.start_anew.store(true, Ordering::Relaxed);
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            Action::OpenOther(profile) => self.backend.open_other(profile),
            Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// Remembers where the window is; kept when it closes.
    fn note_window(&mut self, ctx: &Context) {
        ctx.input(|input| {
            let window = input.viewport();
            let special = [window.minimized, window.maximized, window.fullscreen];
            if let Some(inside) = window.inner_rect.filter(|_| !special.contains(&Some(true))) {
                let position = window.outer_rect.map(|frame| [frame.left(), frame.top()]);
                self.settings.window = Some(WindowPlace {
                    size: inside.size().into(),
                    position,
                });
            }
        });
    }

    fn say(&mut self, toast: Toast) {
        self.toasts.push(toast, self.backend.now_ms());
    }

    fn keep_settings(&mut self) {
        let kept = self
            .settings_file
            .as_ref()
            .map_or(Ok(()), |file| file.save(&self.settings));
        if let Err(error) = kept {
            self.say(Toast::bad(t!("error-settings", reason = error.to_string())));
        }
    }

    fn ask_all(&mut self, commands: Vec<Command>) {
        for command in commands {
            // Questions of the model itself may run side by side: each has a key of its own.
            self.questions = self.questions.wrapping_add(1);
            let key = RequestKey::of("model", self.questions);
            self.ask(key, command);
        }
    }

    fn ask(&mut self, key: RequestKey, command: Command) {
        if let Some(id) = self.model.requests.begin(key, self.backend.now_ms()) {
            self.commands.insert(id, command.clone());
            self.backend.call(id, command);
        }
    }

    fn ask_profile(&mut self, key: RequestKey, request: ProfileRequest) {
        if let Some(id) = self.model.requests.begin(key, self.backend.now_ms()) {
            self.backend.profile(id, request);
        }
    }

    fn replied(&mut self, ctx: &Context, id: RequestId, result: Result<Reply, CommandError>) {
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
                let asked = self.model.apply_reply(&command, reply);
                self.ask_all(asked);
            }
            Err(error) => {
                let sentence = i18n::errors::sentence(&error);
                self.model.requests.failed(id, sentence.clone());
                let told = self.model.apply_failure(&command, &error, self.backend.now_ms());
                if !told && !matches!(command, Command::GetPicture { .. }) {
                    self.say(Toast::bad(sentence));
                }
            }
        }
    }

    fn picture_came(&mut self, ctx: &Context, command: &Command, image: &str) {
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

    fn profile_replied(&mut self, id: RequestId, result: Result<ProfileReply, ProfileFailure>) {
        match result {
            Ok(reply) => {
                self.model.requests.done(id);
                if let ProfileReply::Created { id, .. } | ProfileReply::Opened { id } = &reply {
                    self.opened(id.clone());
                }
                let enters = match (&mut self.stage, &reply) {
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
    fn opened(&mut self, id: ProfileId) {
        self.settings.last_profile = Some(id.0.clone());
        self.profile = Some(id);
        self.keep_settings();
        self.ask_all(Model::first_questions());
    }

    /// The person goes in.
    fn enter(&mut self) {
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
    fn deleted(&mut self) {
        self.profile = None;
        self.settings.last_profile = None;
        self.keep_settings();
        self.model = Model {
            appearance: self.settings.appearance,
            language: self.settings.language,
            ..Model::default()
        };
        self.commands.clear();
        self.talk = Talk::default();
        self.route = Route::default();
        self.stage = Stage::Closed(Box::new(Start::new(None)));
        self.say(Toast::good(t!("deleted-profile")));
        self.ask_profile(RequestKey::only("list-profiles"), ProfileRequest::List);
    }

    fn picked(&mut self, ctx: &Context, bytes: Vec<u8>) {
        match &mut self.stage {
            Stage::Closed(start) => start.picked(ctx, bytes),
            Stage::Open => self.set_picture(&bytes),
        }
    }

    fn set_picture(&mut self, bytes: &[u8]) {
        let image = Some(data_encoding::BASE64.encode(bytes));
        self.ask(RequestKey::only("set-picture"), Command::SetPicture { image });
    }

    fn pick_failed(&mut self, why: &PickFailure) {
        self.say(Toast::bad(match why {
            PickFailure::TooLarge => t!("error-picture-size"),
            PickFailure::Unreadable(reason) => t!("error-picture-file", reason = reason.as_str()),
        }));
    }

    fn raised(&mut self, ctx: &Context, link: String) {
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

/// Keys that work everywhere once a profile is open.
fn keys(ui: &Ui, cx: &mut Cx<'_>) {
    let pressed = |modifiers: Modifiers, key: Key| {
        ui.input_mut(|input| input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)))
    };
    if pressed(Modifiers::COMMAND, Key::Comma) {
        cx.act(Action::Go(Route::section(Section::Settings)));
    }
    if pressed(Modifiers::COMMAND, Key::K) {
        cx.act(Action::Go(cx.route.with_dialog(Dialog::Find)));
    }
    let floating = egui::Popup::is_any_open(ui.ctx());
    if !floating && cx.route.back().is_some() && pressed(Modifiers::NONE, Key::Escape) {
        cx.act(Action::Back);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.logic_step(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.paint(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.closing();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
