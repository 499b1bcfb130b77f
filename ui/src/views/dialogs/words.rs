//! The recovery words, shown again to whoever gives the passphrase. They are held only while the dialog is open.

use egui::{Key, Label, Ui};
use kith_node::profile::MAX_PASSPHRASE_BYTES;

use super::{cancel_ui, head_ui};
use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileRequest, Secret};
use crate::t;
use crate::theme::{Type, palette, space};
use crate::views::Cx;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::word_grid::word_grid_ui;

/// The field of the passphrase.
pub const PASSPHRASE: &str = "words passphrase";

/// The control that asks for the words.
fn show_key() -> RequestKey {
    RequestKey::only("show words")
}

/// The dialog.
#[derive(Default)]
pub struct WordsDialog {
    passphrase: Secret,
    words: Option<Secret>,
    /// A passphrase is being tried.
    trying: bool,
}

impl WordsDialog {
    /// Wipes what was typed and what was shown.
    pub fn forget(&mut self) {
        self.passphrase.clear();
        self.words = None;
    }

    /// The passphrase was right: these are the words.
    pub fn reveal(&mut self, words: Secret) {
        self.passphrase.clear();
        self.words = Some(words);
    }

    /// Paints the dialog: first the question for the passphrase, then the words.
    pub fn show_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        head_ui(ui, cx, &t!("words-again-title"));
        let colours = palette(ui);
        if let Some(words) = &self.words {
            ui.add(Label::new(Type::Body.rich(t!("words-text"), colours.secondary)).wrap());
            ui.add_space(space::M);
            word_grid_ui(ui, words);
            ui.add_space(space::M);
            notice_ui(ui, Tone::Warning, &t!("words-warning"));
            ui.add_space(space::L);
            if Button::primary(&t!("close")).wide().show(ui).clicked() {
                cx.act(Action::Back);
            }
            return;
        }
        ui.add(Label::new(Type::Body.rich(t!("words-again-text"), colours.secondary)).wrap());
        ui.add_space(space::M);
        let state = cx.model.requests.state(&show_key());
        let problem = match state {
            RequestState::Failed(why) => Some(why),
            RequestState::Idle | RequestState::Running { .. } => None,
        };
        let field = Field::new(PASSPHRASE, &t!("unlock-passphrase"))
            .secret()
            .limit(MAX_PASSPHRASE_BYTES)
            .problem(problem)
            .show(ui, self.passphrase.edit());
        if field.changed() && problem.is_some() {
            cx.act(Action::Forgive(show_key()));
        }
        // Enter took the keyboard from the field; a passphrase that was wrong gives it back.
        if std::mem::replace(&mut self.trying, state.is_running()) && problem.is_some() {
            field.request_focus();
        }
        ui.add_space(space::L);
        let ready = !self.passphrase.is_empty();
        let pressed = Button::primary(&t!("words-again-show"))
            .wide()
            .enabled(ready)
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked();
        let entered = !state.is_running() && ui.input(|input| input.key_pressed(Key::Enter));
        if ready && (pressed || entered) {
            let passphrase = self.passphrase.clone();
            cx.act(Action::Profile {
                key: show_key(),
                request: ProfileRequest::ShowWords { passphrase },
            });
        }
        cancel_ui(ui, cx);
    }
}
