//! The app itself: folds what comes from outside into the model, paints, and carries out what painting asked for.
//!
//! [`App::logic_step`] runs for each frame, hidden or not; [`App::paint`] only when something shows. A view never
//! changes the model: its [`Action`]s are carried out after the frame (`deeds`); what comes back is taken in by
//! `answers`. A panic in either is contained, told, and gone on from (`fallen`).

mod answers;
mod deeds;
mod fallen;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use egui::{Context, Key, KeyboardShortcut, Modifiers, Ui};
use kith_node::id::AccountId;
use kith_node::view::InviteState;
use kith_node::{Command, Event};

use crate::action::Action;
use crate::backend::{Backend, Incoming};
use crate::contained::contained;
use crate::i18n::dates;
use crate::milestones::{self, Milestone};
use crate::model::Model;
use crate::model::chats::ChatWish;
use crate::model::requests::{RequestId, RequestKey};
use crate::profiles::ProfileRequest;
use crate::route::{Breadth, Dialog, Route, Section};
use crate::settings::{Settings, SettingsFile, WindowPlace};
use crate::theme::{self, motion};
use crate::views::frame::{Panes, frame_ui};
use crate::views::start::Start;
use crate::views::talk::Talk;
use crate::views::{Cx, deleting};
use crate::widgets::toast::{Toast, Toasts};
use crate::{fonts, i18n, t};

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
    /// Whether all of it could be read.
    pub settings_whole: bool,
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
    link: String,
    /// Whose chat opens as soon as it is there: they were added just now. Their page, which shows until then, says what
    /// is waited for, or why their link was refused.
    awaited: Option<AccountId>,
    after_close: AfterClose,
    closed: bool,
    painted: Milestone,
    /// The window's own code failed, and the person has not said yet how to go on.
    fallen: bool,
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
        theme::apply(ctx, launch.settings.appearance, false);
        i18n::set_language(launch.settings.language());
        let preferred = launch.profile.or_else(|| launch.settings.last_profile.clone());
        let mut app = Self {
            backend: launch.backend,
            model: Model::chosen(&launch.settings),
            stage: Stage::Closed(Box::new(Start::new(preferred))),
            talk: Talk::default(),
            route: Route::default(),
            toasts: Toasts::default(),
            settings: launch.settings,
            settings_file: launch.settings_file,
            commands: HashMap::new(),
            questions: 0,
            link: launch.link,
            awaited: None,
            after_close: launch.after_close,
            closed: false,
            painted: Milestone::default(),
            fallen: false,
        };
        app.ask_profile(RequestKey::only("list-profiles"), ProfileRequest::List);
        if !launch.settings_whole {
            let aside = app.settings_file.as_ref().map(SettingsFile::aside);
            let aside = aside.unwrap_or_default().display().to_string();
            app.say(Toast::bad(t!("settings-unread", file = aside)));
        }
        app
    }

    /// What is known.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Takes in what came from outside.
    pub fn logic_step(&mut self, ctx: &Context) {
        self.contain(ctx, |app| app.take_in(ctx));
    }

    fn take_in(&mut self, ctx: &Context) {
        self.note_window(ctx);
        self.take_dropped(ctx);
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
                Incoming::LinkTried(Ok(())) => {}
                Incoming::LinkTried(Err(url)) => {
                    ctx.copy_text(url);
                    self.say(Toast::bad(t!("link-failed")));
                }
                Incoming::LessMotion(wanted) => {
                    self.model.system_wants_less_motion = wanted;
                    theme::apply(ctx, self.model.appearance, wanted);
                }
                Incoming::Raise(link) => self.raised(ctx, link),
            }
        }
        let awaited = self
            .awaited
            .and_then(|account| self.model.chats.list.with(account));
        if let Some(chat) = awaited {
            self.route = Route::conversation(chat.id);
            self.awaited = None;
        }
        for hash in self.model.pictures.take_wanted() {
            self.ask(
                RequestKey::of("picture", &hash),
                Command::GetPicture {
                    picture: hash.clone(),
                },
            );
        }
        let (asked, wait_ms) = self.model.chats.tick(self.now_ms());
        self.ask_all(asked);
        if let Some(wait_ms) = wait_ms {
            ctx.request_repaint_after(Duration::from_millis(wait_ms));
        }
        if let Some(wait_ms) = self.toasts.expire(self.now_ms()) {
            ctx.request_repaint_after(Duration::from_millis(wait_ms));
        }
    }

    /// Paints everything and carries out what was asked for.
    pub fn paint(&mut self, ui: &mut Ui) {
        if self.fallen {
            return self.fallen_ui(ui);
        }
        let ctx = ui.ctx().clone();
        self.contain(&ctx, |app| app.paint_and_do(ui));
    }

    fn paint_and_do(&mut self, ui: &mut Ui) {
        let now_ms = self.now_ms();
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
        let mut foot = 0.0;
        match &mut self.stage {
            Stage::Closed(start) => enters = start.start_ui(ui, &mut cx),
            Stage::Open => {
                keys(ui, &mut cx);
                foot = frame_ui(ui, &mut cx, &mut self.talk as &mut dyn Panes);
                ui.ctx().request_repaint_after(stays_true(&self.model, now_ms));
            }
        }
        let offer = deleting::offered(&self.model, now_ms);
        let undone = self.toasts.show(ui.ctx(), foot, offer.as_ref(), now_ms);
        actions.extend(undone.into_iter().map(deleting::undo));
        for action in actions {
            self.carry_out(ui.ctx(), action);
        }
        self.painted.reach(self.milestone());
        milestones::frame();
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
        if let Some(place) = self.settings.window {
            self.keep(|settings| settings.window = Some(place));
        }
        self.keep_drafts();
        self.backend.close();
    }

    /// Keeps what is half typed. It may be asked of a window that failed: nothing comes of a second panic.
    fn keep_drafts(&mut self) {
        let kept = contained(|| {
            let drafts = self.model.chats.keep_all_drafts();
            self.ask_all(drafts);
        });
        if kept.is_none() {
            tracing::warn!("what was half typed could not be kept");
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
}

/// How long what was just painted stays true if nothing happens: until the day ends, which names days anew, or an invite
/// expires. Words that change sooner ("5 minutes ago") ask for the next frame where they are painted.
fn stays_true(model: &Model, now_ms: u64) -> Duration {
    let expiries = model.invites.newest_first().into_iter();
    let left_ms = expiries
        .filter(|invite| invite.state == InviteState::Open)
        .filter_map(|invite| invite.expires_at_ms.checked_sub(now_ms))
        .filter(|left_ms| *left_ms > 0)
        .chain([dates::day_lasts_ms(now_ms)])
        .min();
    left_ms.map_or(motion::CLOCK, |left_ms| {
        Duration::from_millis(left_ms).min(motion::CLOCK)
    })
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
    let chosen = cx
        .route
        .conversation
        .and_then(|chat| cx.model.chats.selection(chat));
    if !floating && cx.route.dialog.is_none() && chosen.is_some() && pressed(Modifiers::NONE, Key::Escape) {
        cx.act(Action::Chat(ChatWish::PickNone));
    }
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
