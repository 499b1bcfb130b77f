//! The form that makes a profile, the same for a new account and for one that comes back: a name, a passphrase typed
//! twice, the button.

use egui::Ui;

use super::Cx;
use super::start::{NAME_LIMIT, NewPassphrase};
use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileRequest, Secret};
use crate::t;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::notice::{Tone, notice_ui};

/// What is typed in the form.
#[derive(Default)]
pub struct NewPerson {
    name: String,
    passphrase: NewPassphrase,
}

/// Where the name is typed.
pub fn name_field() -> egui::Id {
    Field::new("new name", "").id()
}

impl NewPerson {
    /// The name typed so far.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Forgets the passphrase: the profile is made.
    pub fn made(&mut self) {
        self.passphrase = NewPassphrase::default();
    }

    /// Paints the form and asks for the profile when the button, named `label`, is pressed. `key` is its control;
    /// `words` are those of an account that comes back.
    pub fn form_ui(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        key: RequestKey,
        label: &str,
        words: Option<&Secret>,
    ) {
        let state = cx.model.requests.state(&key);
        let busy = state.is_running();
        let (name_label, hint) = (t!("name-label"), t!("name-hint"));
        let name = Field::new("new name", &name_label)
            .hint(&hint)
            .limit(NAME_LIMIT)
            .enabled(!busy);
        name.show(ui, &mut self.name);
        self.passphrase.fields_ui(ui, !busy);
        if let RequestState::Failed(why) = &state {
            notice_ui(ui, Tone::Danger, why);
        }
        let ready = !self.name.trim().is_empty() && self.passphrase.chosen().is_some();
        let button = Button::primary(label)
            .wide()
            .enabled(ready)
            .request(&state, cx.now_ms)
            .show(ui);
        let entered = !busy && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let pressed = ready && (button.clicked() || entered);
        if let Some(passphrase) = self.passphrase.chosen().filter(|_| pressed) {
            let request = ProfileRequest::Create {
                name: self.name.trim().to_owned(),
                passphrase,
                words: words.cloned(),
            };
            cx.act(Action::Profile { key, request });
        }
    }
}
