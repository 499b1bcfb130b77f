//! What others see of oneself: name, status, picture.

use egui::Ui;
use kith_node::Command;

use super::{SKELETONS, title_ui};
use crate::action::Action;
use crate::i18n::dates;
use crate::model::requests::{RequestKey, RequestState};
use crate::t;
use crate::theme::{size, space};
use crate::views::contacts::fact_ui;
use crate::views::missing::missing_ui;
use crate::views::{Cx, picture_file};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui, titled_notice_ui};

/// The longest name and status, in characters, as the node says.
const NAME_LETTERS: usize = 64;
const STATUS_LETTERS: usize = 140;

/// What is typed on the page.
#[derive(Default)]
pub struct ProfilePage {
    name: String,
    status: String,
    picture_file: String,
    /// What the profile said when the fields were last filled from it.
    filled: Option<(String, String)>,
}

impl ProfilePage {
    /// Paints the page.
    pub fn page_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        title_ui(ui, cx, &t!("settings-profile"));
        let model = cx.model;
        let Some(profile) = &model.profile else {
            missing_ui(ui, cx, Command::GetProfile {}, SKELETONS);
            return;
        };
        let said = (profile.name.clone(), profile.status.clone());
        if self.filled.as_ref() != Some(&said) {
            (self.name, self.status) = said.clone();
            self.filled = Some(said.clone());
        }
        if profile.restored {
            notice_ui(ui, Tone::Info, &t!("profile-restored"));
        }
        if profile.outdated {
            notice_ui(ui, Tone::Warning, &t!("error-outdated-copy"));
        }
        if let Some(damage) = &profile.damage {
            damage_ui(ui, cx, damage);
        }
        ui.horizontal(|ui| {
            let picture = model.pictures.get(profile.picture.as_deref());
            let avatar = Avatar::new(model.own_hue(), &profile.name).picture(picture.as_ref());
            avatar.show(ui, size::AVATAR_LARGE);
            ui.add_space(space::L);
            if Button::soft(&t!("profile-picture-change"))
                .icon(Icon::CAMERA)
                .show(ui)
                .clicked()
            {
                cx.act(Action::PickPicture);
            }
        });
        picture_file::file_ui(ui, cx, &mut self.picture_file);
        ui.add_space(space::M);
        self.fields_ui(ui, cx, &said);
        ui.add_space(space::L);
        fact_ui(ui, &t!("profile-key"), &profile.account.fingerprint());
    }

    fn fields_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, said: &(String, String)) {
        let key = RequestKey::only("set profile");
        let state = cx.model.requests.state(&key);
        let problem = match state {
            RequestState::Failed(why) => Some(why),
            RequestState::Idle | RequestState::Running { .. } => None,
        };
        let hint = t!("profile-name-hint");
        Field::new("own name", &t!("profile-name"))
            .hint(&hint)
            .limit(NAME_LETTERS)
            .problem(problem)
            .show(ui, &mut self.name);
        ui.add_space(space::S);
        let hint = t!("profile-status-hint");
        Field::new("own status", &t!("profile-status"))
            .hint(&hint)
            .limit(STATUS_LETTERS)
            .show(ui, &mut self.status);
        ui.add_space(space::M);
        let changed = (self.name.trim(), self.status.trim()) != (said.0.as_str(), said.1.as_str());
        let ready = changed && !self.name.trim().is_empty();
        if Button::primary(&t!("profile-save"))
            .enabled(ready)
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked()
        {
            let (name, status) = (self.name.trim().to_owned(), self.status.trim().to_owned());
            cx.act(Action::Call {
                key,
                command: Command::SetProfile { name, status },
            });
        }
    }
}

fn damage_ui(ui: &mut Ui, cx: &mut Cx<'_>, damage: &kith_node::view::DamageView) {
    let (recovered, lost) = (damage.records_recovered, damage.records_lost_at_least);
    let (recovered, lost) = (dates::count(recovered), dates::count(lost));
    let mut said = vec![t!("damage-body", recovered = recovered, lost = lost)];
    said.extend(
        damage
            .kept_at
            .as_deref()
            .map(|path| t!("damage-kept", path = path)),
    );
    titled_notice_ui(ui, Tone::Warning, &t!("damage-title"), &said.join("\n"));
    if Button::soft(&t!("dismiss")).small().show(ui).clicked() {
        cx.act(Action::Call {
            key: RequestKey::only("dismiss damage"),
            command: Command::DismissDamage {},
        });
    }
    ui.add_space(space::M);
}
