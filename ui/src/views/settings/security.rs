//! What protects the profile on this computer: its passphrase, the recovery words, the lock, and its end.

use egui::Ui;

use super::{part_ui, title_ui};
use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileRequest, Secret};
use crate::route::Dialog;
use crate::t;
use crate::theme::space;
use crate::views::Cx;
use crate::views::start::NewPassphrase;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::toast::Toast;

/// What is typed on the page; wiped when it goes.
#[derive(Default)]
pub struct SecurityPage {
    old: Secret,
    new: NewPassphrase,
    asked: bool,
}

impl SecurityPage {
    /// Paints the page.
    pub fn page_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        title_ui(ui, cx, &t!("settings-security"));
        self.passphrase_ui(ui, cx);
        part_ui(ui, &t!("security-words"), &t!("security-words-hint"));
        if Button::soft(&t!("security-words-show"))
            .icon(Icon::KEY)
            .show(ui)
            .clicked()
        {
            cx.act(Action::Go(cx.route.with_dialog(Dialog::Words)));
        }
        part_ui(ui, &t!("security-lock"), &t!("security-lock-hint"));
        if Button::soft(&t!("own-lock")).icon(Icon::LOCK).show(ui).clicked() {
            cx.act(Action::Lock);
        }
        part_ui(ui, &t!("security-delete"), &t!("security-delete-hint"));
        if Button::soft_danger(&t!("security-delete"))
            .icon(Icon::DELETE)
            .show(ui)
            .clicked()
        {
            cx.act(Action::Go(cx.route.with_dialog(Dialog::DeleteProfile)));
        }
    }

    fn passphrase_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        part_ui(ui, &t!("security-passphrase"), &t!("security-passphrase-hint"));
        let key = RequestKey::only("change passphrase");
        let state = cx.model.requests.state(&key);
        let problem = match state {
            RequestState::Failed(why) => Some(why),
            RequestState::Idle | RequestState::Running { .. } => None,
        };
        ui.add_space(space::XS);
        Field::new("old passphrase", &t!("security-old"))
            .secret()
            .problem(problem)
            .show(ui, self.old.edit());
        let idle = !state.is_running();
        self.new
            .named_fields_ui(ui, idle, &t!("security-new"), &t!("security-again"));
        ui.add_space(space::S);
        let chosen = self.new.chosen().filter(|_| !self.old.is_empty());
        let pressed = Button::primary(&t!("security-change"))
            .enabled(chosen.is_some())
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked();
        if let Some(new) = chosen.filter(|_| pressed) {
            self.asked = true;
            let old = self.old.clone();
            let request = ProfileRequest::ChangePassphrase { old, new };
            cx.act(Action::Profile { key, request });
        } else if self.asked && state == RequestState::Idle {
            *self = Self::default();
            cx.act(Action::Toast(Toast::good(t!("security-changed"))));
        } else if problem_stands(&state) {
            self.asked = false;
        }
    }
}

fn problem_stands(state: &RequestState<'_>) -> bool {
    matches!(state, RequestState::Failed(_))
}
