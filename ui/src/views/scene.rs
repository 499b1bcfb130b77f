//! A stage for the tests of the chat views: the real frame and views over a model, and a node played by a script.
//!
//! The cast: Alice, whose screen it is; Bob and others she talks to. The scripted node answers pages from the rows it
//! was given, takes messages, and keeps every command for the test to look at.

use std::collections::HashMap;

use egui::{Ui, vec2};
use egui_kittest::Harness;
use kith_node::command::Anchor;
use kith_node::id::{AccountId, ConversationId};
use kith_node::view::{
    BodyView, ContactState, DeliveryState, InviteState, InviteView, MessageView, Page, PathView, PresenceView,
};
use kith_node::{Command, CommandError, Reply};

use crate::action::Action;
use crate::i18n::{self, Language};
use crate::model::Model;
use crate::model::testing::{
    ALICE, BOB, at, busy_carrying, carrying, chat, contact_of, conversation, network, profile, row,
};
use crate::profiles::{ProfileId, Secret};
use crate::route::{Breadth, Dialog, Route};
use crate::theme::{self, Appearance, ThemeChoice};
use crate::views::frame::frame_ui;
use crate::views::talk::Talk;
use crate::views::{Cx, deleting, dialogs};
use crate::widgets::toast::{Toast, Toasts};
use crate::{fonts, t};

/// The moment at which everything happens: rows of [`row`] count their seconds back from here.
pub const NOW_MS: u64 = 1_700_000_000_000;

/// The stage.
pub struct Stage {
    pub model: Model,
    pub route: Route,
    pub talk: Talk,
    pub asked: Vec<Command>,
    pub done: Vec<Action>,
    /// What the node holds: rows of each conversation.
    pub rows: HashMap<ConversationId, Vec<MessageView>>,
    /// What the node answers to an added contact.
    pub refuse: Option<CommandError>,
    /// The recovery words, for the dialog that asks for them.
    pub words: Option<Secret>,
    /// What is said in passing.
    pub toasts: Toasts,
    /// Deletions that can be undone: what stood there before.
    pub deletions: HashMap<String, Vec<MessageView>>,
}

impl Stage {
    /// Nobody is known yet.
    pub fn empty() -> Self {
        let mut model = Model {
            profile: Some(profile()),
            own_folder: Some(ProfileId("alice".to_owned())),
            network: Some(network()),
            ..Model::default()
        };
        model.carrying.view = Some(carrying());
        model.chats.list.replace(Vec::new());
        model.contacts.replace(Vec::new());
        Self {
            model,
            route: Route::default(),
            talk: Talk::default(),
            asked: Vec::new(),
            done: Vec::new(),
            rows: HashMap::new(),
            refuse: None,
            words: None,
            toasts: Toasts::default(),
            deletions: HashMap::new(),
        }
    }

    /// A busy afternoon: seven chats, the first of them with a long conversation.
    pub fn busy() -> Self {
        let mut stage = Self::empty();
        let talk = afternoon();
        let names = [
            "Bob Okafor",
            "मीरा शर्मा",
            "Søren Kierkegaard-Bartholomew von und zu Hohenstein",
            "Mum",
            "Jun 🎸",
            "Ngozi",
            "Old friend",
        ];
        let lasts = [
            "",
            "ठीक है, कल मिलते हैं 🙏",
            "The manuscript is on its way, and so is the second letter that I promised",
            "Call me when you are home",
            "🎉🎉🎉",
            "See https://example.org/tickets",
            "",
        ];
        let mut chats = Vec::new();
        for (index, (name, last)) in names.into_iter().zip(lasts).enumerate() {
            let n = u8::try_from(index).unwrap() + 1;
            let mut view = chat(n, name, NOW_MS - u64::from(n) * 3_000_000);
            let contact = contact_of(&mut view);
            contact.account = AccountId::from_bytes([n + 1; 32]);
            contact.presence = match n % 3 {
                0 => PresenceView::Online {
                    path: PathView::Direct,
                },
                1 => PresenceView::Online { path: PathView::Lan },
                _ => PresenceView::Offline {
                    last_seen_ms: Some(NOW_MS - u64::from(n) * 40_000_000),
                },
            };
            let author = if n == 4 { ALICE } else { contact.account };
            if !last.is_empty() {
                let mut row = row(1, author, last);
                row.conversation = view.id;
                row.at_ms = NOW_MS - u64::from(n) * 30_000_000;
                row.state = (author == ALICE).then_some(DeliveryState::Read);
                view.last = Some(row);
            }
            view.unread = [0, 2, 0, 0, 128, 0, 0].get(index).copied().unwrap_or(0);
            chats.push(view);
        }
        chats[0].last = talk.last().cloned();
        chats[5].draft = "Shall we meet at".to_owned();
        contact_of(&mut chats[6]).state = ContactState::Waiting;
        contact_of(&mut chats[1]).alarmed = true;
        stage
            .model
            .contacts
            .replace(chats.iter().filter_map(|view| view.contact().cloned()).collect());
        stage.model.chats.list.replace(chats);
        stage.model.invites.replace(vec![invite()]);
        stage.model.carrying.view = Some(busy_carrying(NOW_MS));
        stage.rows.insert(conversation(1), talk);
        stage
    }

    /// Nothing was decided yet about keeping letters.
    pub fn undecided(mut self) -> Self {
        if let Some(view) = &mut self.model.carrying.view {
            view.carriers.clear();
        }
        self
    }

    fn frame(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        let breadth = Breadth::of(ui.max_rect().width());
        let mut cx = Cx {
            model: &self.model,
            route: &self.route,
            breadth,
            now_ms: NOW_MS,
            actions: &mut actions,
        };
        let foot = frame_ui(ui, &mut cx, &mut self.talk);
        if self.route.dialog == Some(Dialog::Words)
            && let Some(words) = self.words.take()
        {
            self.talk.reveal(words);
        }
        let offer = deleting::offered(&self.model, NOW_MS);
        let undone = self.toasts.show(ui.ctx(), foot, offer.as_ref(), NOW_MS);
        actions.extend(undone.into_iter().map(deleting::undo));
        if !actions.is_empty() {
            // What is answered shows in the next frame.
            ui.ctx().request_repaint();
        }
        for action in actions {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        self.done.push(action.clone());
        match action {
            Action::Go(route) => self.route = route,
            Action::Back => self.route = self.route.back().unwrap_or_default(),
            Action::Chat(wish) => {
                for command in self.model.chats.carry_out(wish, NOW_MS) {
                    self.answer(command);
                }
            }
            Action::Call { key, command } => {
                if let Some(id) = self.model.requests.begin(key, NOW_MS) {
                    // Its dialog says it where it was asked.
                    let is_shown =
                        matches!(command, Command::AddContact { .. } | Command::CreateGroup { .. });
                    match self.answer(command) {
                        Some(error) => {
                            let sentence = i18n::errors::sentence(&error);
                            if !is_shown {
                                self.toasts.push(Toast::bad(sentence.clone()), NOW_MS);
                            }
                            self.model.requests.failed(id, sentence)
                        }
                        None => self.model.requests.done(id),
                    };
                }
            }
            _ => {}
        }
    }

    /// The node's part.
    pub fn answer(&mut self, command: Command) -> Option<CommandError> {
        self.asked.push(command.clone());
        let reply = match &command {
            Command::GetMessages {
                conversation,
                anchor,
                before,
                after,
            } => Reply::Page(self.page(*conversation, *anchor, *before as usize, *after as usize)),
            Command::SendMessage { conversation, text } => {
                let rows = self.rows.entry(*conversation).or_default();
                let mut sent = row(NOW_MS / 1_000 + rows.len() as u64, ALICE, text);
                sent.conversation = *conversation;
                sent.at_ms = NOW_MS;
                rows.push(sent.clone());
                Reply::Message(Box::new(sent))
            }
            Command::AddContact { .. } => {
                if let Some(error) = self.refuse.clone() {
                    return Some(error);
                }
                Reply::Contact(Box::new(contact_of(&mut chat(40, "Newcomer", 0)).clone()))
            }
            Command::CreateInvite { .. } => Reply::Invite(invite()),
            Command::CancelMessage { .. } | Command::DeleteMessages { .. } | Command::CreateGroup { .. }
                if self.refuse.is_some() =>
            {
                return self.refuse.clone();
            }
            other => super::scene_answers::answer(self, other),
        };
        if let Some(said) = deleting::said(&command, &reply) {
            self.toasts.push(said, NOW_MS);
        }
        if let Some(route) = dialogs::leads_to(&self.route, &command, &reply) {
            self.route = route;
        }
        if let Command::DeleteChat { conversation } = command {
            self.route = self.route.without(conversation);
        }
        self.model.apply_reply(&command, reply);
        None
    }

    fn page(&self, conversation: ConversationId, anchor: Anchor, before: usize, after: usize) -> Page {
        let rows = self.rows.get(&conversation).cloned().unwrap_or_default();
        let unread = self
            .model
            .chats
            .list
            .get(conversation)
            .map_or(0, |view| view.unread as usize);
        let first_unread = rows
            .get(rows.len().saturating_sub(unread))
            .map(|row| row.position);
        let middle = match anchor {
            Anchor::Oldest => 0,
            Anchor::Newest => rows.len(),
            Anchor::FirstUnread => {
                first_unread.map_or(rows.len(), |at| rows.partition_point(|row| row.position < at))
            }
            Anchor::At { position } => rows.partition_point(|row| row.position < position),
        };
        let (from, to) = (middle.saturating_sub(before), (middle + after).min(rows.len()));
        Page {
            messages: rows[from..to].to_vec(),
            more_before: from > 0,
            more_after: to < rows.len(),
            first_unread,
        }
    }
}

fn invite() -> InviteView {
    InviteView {
        id: "k7q2".to_owned(),
        link: format!("kith:{}", "abcdefghijklmnop234567qrstuvwxyz".repeat(9)),
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + 604_800_000,
        state: InviteState::Open,
    }
}

fn afternoon() -> Vec<MessageView> {
    let lines: [(AccountId, u64, &str); 16] = [
        (BOB, 90_000, "Are you back from the mountains?"),
        (ALICE, 89_900, "Yes! Since last night 🏔️"),
        (
            ALICE,
            89_880,
            "It was *wonderful*. The path along the ridge was closed, so we went through the valley instead and found a hut that is not on any map.",
        ),
        (BOB, 3_000, "I want to see every picture"),
        (BOB, 2_990, "every single one"),
        (
            ALICE,
            2_600,
            "They are here: https://photos.example.org/alps/2023/ridge-walk — the last ten are from Meera's camera.",
        ),
        (BOB, 2_500, "😍"),
        (BOB, 2_300, "मीरा ने बहुत अच्छी तस्वीरें ली हैं। अगली बार मुझे भी ले चलो!"),
        (ALICE, 2_200, "Deal."),
        (
            ALICE,
            2_190,
            "Bring good shoes, a rope, and `two litres` of water",
        ),
        (
            BOB,
            1_500,
            "Shoes I have.\nRope: I will ask Jun.\nWater: obviously.",
        ),
        (BOB, 1_490, "When?"),
        (ALICE, 900, "Second weekend of December, if the snow waits for us"),
        (BOB, 600, "I will move everything else"),
        (ALICE, 300, "Then it is settled 🎉"),
        (ALICE, 280, "I will write to the hut tonight"),
    ];
    let mut rows: Vec<_> = lines
        .into_iter()
        .enumerate()
        .map(|(index, (author, ago_s, text))| {
            let mut row = row(1_000 + index as u64, author, text);
            row.at_ms = NOW_MS - ago_s * 1_000;
            row.state = (author == ALICE).then_some(if ago_s < 290 {
                DeliveryState::Saved
            } else if ago_s < 1_000 {
                DeliveryState::Delivered
            } else {
                DeliveryState::Read
            });
            row
        })
        .collect();
    let mut added = row(1, BOB, "");
    added.body = BodyView::ContactAdded;
    added.position = at(1);
    added.at_ms = NOW_MS - 91_000_000;
    rows.insert(0, added);
    rows
}

/// A window with the stage in it.
pub fn window(stage: Stage, size: [f32; 2], dark: bool, language: Language) -> Harness<'static, Stage> {
    i18n::set_language(language);
    let theme = if dark {
        ThemeChoice::Dark
    } else {
        ThemeChoice::Light
    };
    let appearance = Appearance {
        theme,
        reduced_motion: Some(true),
        ..Appearance::default()
    };
    let mut harness = Harness::builder()
        .with_size(vec2(size[0], size[1]))
        .with_theme(if dark {
            egui::Theme::Dark
        } else {
            egui::Theme::Light
        })
        .with_max_steps(12)
        .with_context_setup(move |ctx| {
            fonts::install(ctx);
            theme::apply(ctx, appearance, false);
        })
        .build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage);
    harness.run();
    harness
}

/// The same, large, light and in English.
pub fn english(stage: Stage) -> Harness<'static, Stage> {
    window(stage, [1_100.0, 700.0], false, Language::English)
}

/// A chat with Bob that holds `rows`, in which Hebrew and Arabic are boxes: their fonts come from the system, which a
/// test does not have.
pub fn with_boxes(rows: &[&str]) -> Harness<'static, Stage> {
    let mut stage = Stage::busy();
    let rows = rows.iter().zip(1..).map(|(text, n)| row(n, BOB, text)).collect();
    stage.rows.insert(conversation(1), rows);
    stage.route = Route::conversation(conversation(1));
    let mut harness = english(Stage::empty());
    harness
        .ctx
        .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    *harness.state_mut() = stage;
    harness.run();
    harness
}

/// The hint of the composer, to find it by.
pub fn composer_name() -> String {
    t!("composer-name", name = "Bob Okafor")
}
