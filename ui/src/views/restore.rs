//! Bringing an account back on this machine: its 24 words, then a name and a passphrase for this profile. Says what
//! cannot come back before anything is done.

use egui::{Key, Margin, Modifiers, TextEdit, Ui, Vec2};

use super::Cx;
use super::new_person::{NewPerson, name_field};
use super::start::{Step, head_ui};
use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileRequest, Secret};
use crate::t;
use crate::theme::{Type, palette, space};
use crate::widgets::button::Button;
use crate::widgets::field::ground_ui;
use crate::widgets::notice::{Tone, notice_ui};

/// How many words an account has.
const WORDS: usize = 24;
/// Most characters of what is pasted.
const PASTE_LIMIT: usize = 512;

/// The control that checks the words.
pub fn check_key() -> RequestKey {
    RequestKey::only("check-words")
}

/// The control that makes the profile.
pub fn restore_key() -> RequestKey {
    RequestKey::only("restore-profile")
}

/// Where the words are typed.
fn box_id() -> egui::Id {
    egui::Id::unique("restore words")
}

/// Bringing an account back.
#[derive(Default)]
pub struct Restore {
    words: Secret,
    /// The field has had the keyboard once.
    shown: bool,
    asked: bool,
    checked: bool,
    person: NewPerson,
}

impl Restore {
    /// Begins with the words.
    pub fn new() -> Self {
        Self::default()
    }

    /// Paints it. Gives where to go next, if anywhere.
    pub fn restore_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Step> {
        let check = cx.model.requests.state(&check_key());
        if self.asked && check == RequestState::Idle {
            (self.asked, self.checked) = (false, true);
            ui.memory_mut(|memory| memory.request_focus(name_field()));
        } else if matches!(check, RequestState::Failed(_)) {
            self.asked = false;
        }
        if self.checked {
            self.person_ui(ui, cx)
        } else {
            self.words_ui(ui, cx, &check)
        }
    }

    fn words_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, state: &RequestState<'_>) -> Option<Step> {
        if head_ui(ui, true, &t!("restore-title"), &t!("restore-text")) {
            cx.act(Action::Forgive(check_key()));
            return Some(Step::Onboarding);
        }
        // Enter breaks the line until all words are there.
        let whole = self.words.expose().split_whitespace().count() == WORDS;
        let entered = whole
            && ui.memory(|memory| memory.has_focus(box_id()))
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        let changed = self.box_ui(ui);
        if changed {
            cx.act(Action::Forgive(check_key()));
        }
        let count = self.words.expose().split_whitespace().count();
        ui.label(Type::Caption.rich(
            t!("restore-count", count = count, of = WORDS),
            palette(ui).secondary,
        ));
        if let RequestState::Failed(why) = state {
            notice_ui(ui, Tone::Danger, why);
        }
        let label = t!("continue");
        let button = Button::primary(&label)
            .wide()
            .enabled(count == WORDS)
            .request(state, cx.now_ms);
        let pressed = button.show(ui).clicked();
        if pressed || entered && !state.is_running() {
            self.asked = true;
            let request = ProfileRequest::CheckWords {
                words: self.words.clone(),
            };
            cx.act(Action::Profile {
                key: check_key(),
                request,
            });
        }
        None
    }

    fn box_ui(&mut self, ui: &mut Ui) -> bool {
        let colours = palette(ui);
        let height = Type::Body.line_height() * 5.0 + 2.0 * space::S;
        let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), egui::Sense::hover());
        let id = box_id();
        if !std::mem::replace(&mut self.shown, true) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let focused = ui.memory(|memory| memory.has_focus(id));
        ground_ui(ui, rect, focused, false);
        let mut layouter = |ui: &Ui, typed: &dyn egui::TextBuffer, width: f32| {
            Type::Body.wrapped(ui.painter(), typed.as_str(), colours.text, width)
        };
        let edit = TextEdit::multiline(self.words.edit())
            .id(id)
            .char_limit(PASTE_LIMIT)
            .frame(egui::Frame::NONE)
            .margin(Margin::ZERO)
            .layouter(&mut layouter)
            .hint_text(Type::Body.rich(t!("restore-hint"), colours.secondary))
            .desired_width(f32::INFINITY)
            .desired_rows(5);
        let response = ui.put(rect.shrink2(Vec2::new(space::M, space::S)), edit);
        response.accessible_name(t!("restore-words-label")).changed()
    }

    fn person_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Step> {
        let busy = cx.model.requests.state(&restore_key()).is_running();
        if head_ui(ui, !busy, &t!("restore-person-title"), &t!("restore-person-text")) {
            self.checked = false;
            return None;
        }
        notice_ui(ui, Tone::Info, &t!("restore-limits"));
        self.person
            .form_ui(ui, cx, restore_key(), &t!("restore-done"), Some(&self.words));
        None
    }
}
