//! Opening a profile: pick it, type its passphrase.

use egui::Ui;
use kith_node::profile::MAX_PASSPHRASE_BYTES;

use super::Cx;
use super::start::{Step, head_ui};
use crate::action::Action;
use crate::model::requests::{RequestKey, RequestState};
use crate::profiles::{ProfileCard, ProfileRequest, Secret};
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::row::row_ui;

/// The control that opens a profile.
pub fn unlock_key() -> RequestKey {
    RequestKey::only("unlock-profile")
}

/// Opening one of the profiles on this machine.
pub struct Unlock {
    profiles: Vec<ProfileCard>,
    picked: Option<usize>,
    passphrase: Secret,
    /// The field takes the keyboard in the next frame.
    focus: bool,
    /// A passphrase is being tried.
    trying: bool,
    /// The name that is typed to delete the picked profile; `None` while nobody wants to.
    deleting: Option<String>,
}

impl Unlock {
    /// One profile is picked at once; of several, the one in the folder named `preferred`, or none.
    pub fn new(profiles: Vec<ProfileCard>, preferred: Option<&str>) -> Self {
        let preferred = profiles
            .iter()
            .position(|profile| Some(profile.id.0.as_str()) == preferred);
        let only = (profiles.len() == 1).then_some(0);
        Self {
            profiles,
            picked: preferred.or(only),
            passphrase: Secret::default(),
            focus: true,
            trying: false,
            deleting: None,
        }
    }

    /// Paints it. Gives where to go next, if anywhere.
    pub fn unlock_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Step> {
        match self.picked.and_then(|index| self.profiles.get(index)).cloned() {
            Some(profile) if self.deleting.is_some() => {
                self.delete_ui(ui, cx, &profile);
                None
            }
            Some(profile) => self.passphrase_ui(ui, cx, &profile),
            None => self.pick_ui(ui),
        }
    }

    fn pick_ui(&mut self, ui: &mut Ui) -> Option<Step> {
        head_ui(ui, false, &t!("pick-title"), &t!("pick-text"));
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            for (index, profile) in self.profiles.iter().enumerate() {
                if profile_row_ui(ui, profile, self.told_apart(profile)) {
                    self.picked = Some(index);
                    self.focus = true;
                }
            }
        });
        let label = t!("pick-new");
        Button::plain(&label)
            .icon(Icon::ADD)
            .wide()
            .show(ui)
            .clicked()
            .then_some(Step::Onboarding)
    }

    /// What tells a profile from another one of the same name: its folder, as when an account was restored beside what was
    /// damaged.
    fn told_apart<'p>(&self, profile: &'p ProfileCard) -> Option<&'p str> {
        let same = self.profiles.iter().filter(|other| other.name == profile.name);
        (same.count() > 1).then_some(profile.id.0.as_str())
    }

    fn passphrase_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, profile: &ProfileCard) -> Option<Step> {
        let colours = palette(ui);
        let state = cx.model.requests.state(&unlock_key());
        let busy = state.is_running();
        // Enter takes the keyboard from the field; a wrong passphrase gives it back.
        self.focus |= std::mem::replace(&mut self.trying, busy) && !busy;
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            Avatar::new(profile.id.0.as_bytes(), &profile.name).show(ui, size::AVATAR_LARGE);
            ui.add(egui::Label::new(Type::Screen.rich(&profile.name, colours.text)).wrap());
            if let Some(folder) = self.told_apart(profile) {
                ui.add(egui::Label::new(Type::Secondary.rich(folder_text(folder), colours.secondary)).wrap());
            }
        });
        let (label, problem) = (
            t!("unlock-passphrase"),
            match &state {
                RequestState::Failed(why) => Some((*why).to_owned()),
                RequestState::Idle | RequestState::Running { .. } => None,
            },
        );
        let field = Field::new("unlock", &label)
            .secret()
            .limit(MAX_PASSPHRASE_BYTES)
            .enabled(!busy);
        let id = field.id();
        let changed = field.show(ui, self.passphrase.edit()).changed();
        if std::mem::take(&mut self.focus) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        if changed && problem.is_some() {
            cx.act(Action::Forgive(unlock_key()));
        }
        if let Some(why) = &problem {
            notice_ui(ui, Tone::Danger, why);
        }
        let ready = !self.passphrase.is_empty();
        let label = t!("unlock-open");
        let button = Button::primary(&label)
            .wide()
            .enabled(ready)
            .request(&state, cx.now_ms)
            .show(ui);
        let entered = ui.input(|input| input.key_pressed(egui::Key::Enter));
        if ready && !busy && (button.clicked() || entered) {
            let request = ProfileRequest::Unlock {
                id: profile.id.clone(),
                passphrase: self.passphrase.clone(),
            };
            cx.act(Action::Profile {
                key: unlock_key(),
                request,
            });
        }
        self.ways_ui(ui, cx, busy, problem.is_some())
    }

    /// Deletes a profile that nobody can unlock, once its name was typed.
    fn delete_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, profile: &ProfileCard) {
        let folder = self.told_apart(profile).map(folder_text);
        let Some(typed) = &mut self.deleting else { return };
        let key = RequestKey::only("delete-locked");
        let state = cx.model.requests.state(&key);
        let busy = state.is_running();
        let back = head_ui(ui, !busy, &t!("unlock-delete"), &t!("unlock-delete-text"));
        if let Some(folder) = folder {
            ui.label(Type::Secondary.rich(folder, palette(ui).text));
        }
        let label = t!("unlock-delete-name", name = profile.name.as_str());
        Field::new("delete locked", &label).enabled(!busy).show(ui, typed);
        if let RequestState::Failed(why) = &state {
            notice_ui(ui, Tone::Danger, why);
        }
        let ready = typed.trim() == profile.name.trim();
        let pressed = Button::danger(&t!("unlock-delete-button"))
            .icon(Icon::DELETE)
            .wide()
            .enabled(ready)
            .request(&state, cx.now_ms)
            .show(ui)
            .clicked();
        let keep = t!("unlock-delete-keep");
        if back || Button::plain(&keep).wide().enabled(!busy).show(ui).clicked() {
            self.deleting = None;
            self.focus = true;
            cx.act(Action::Forgive(key));
        } else if pressed && !busy {
            let request = ProfileRequest::DeleteLocked {
                id: profile.id.clone(),
            };
            cx.act(Action::Profile { key, request });
        }
    }

    /// The other ways; after a passphrase that was wrong, the one by the words, too.
    fn ways_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, busy: bool, failed: bool) -> Option<Step> {
        let mut step = None;
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let (several, other) = (self.profiles.len() > 1, t!("unlock-other"));
            if several && Button::plain(&other).wide().enabled(!busy).show(ui).clicked() {
                self.picked = None;
                self.passphrase.clear();
                cx.act(Action::Forgive(unlock_key()));
            }
            let restore = t!("welcome-restore");
            if failed && Button::plain(&restore).wide().enabled(!busy).show(ui).clicked() {
                step = Some(Step::Restore);
            }
            let delete = t!("unlock-delete");
            if failed
                && Button::plain_danger(&delete)
                    .wide()
                    .enabled(!busy)
                    .show(ui)
                    .clicked()
            {
                self.deleting = Some(String::new());
                self.passphrase.clear();
                cx.act(Action::Forgive(unlock_key()));
            }
            let new = t!("unlock-new");
            if !several && Button::plain(&new).wide().enabled(!busy).show(ui).clicked() {
                step = Some(Step::Onboarding);
            }
        });
        step
    }
}

fn folder_text(folder: &str) -> String {
    t!("pick-folder", folder = folder)
}

/// `folder` is said besides the name where that alone does not tell which profile it is.
fn profile_row_ui(ui: &mut Ui, profile: &ProfileCard, folder: Option<&str>) -> bool {
    let colours = palette(ui);
    let folder = folder.map(folder_text);
    let said = match &folder {
        Some(folder) => format!("{}, {folder}", profile.name),
        None => profile.name.clone(),
    };
    let (rect, response) = row_ui(ui, size::ROW + space::S, false, &said);
    let picture = egui::Rect::from_center_size(
        egui::pos2(
            rect.left() + space::M + size::AVATAR_MEDIUM / 2.0,
            rect.center().y,
        ),
        egui::Vec2::splat(size::AVATAR_MEDIUM),
    );
    Avatar::new(profile.id.0.as_bytes(), &profile.name).paint(ui, picture, colours.window);
    let left = picture.right() + space::M;
    let room = rect.right() - left - space::M - size::ICON;
    let name = Type::BodyStrong.one_line(ui.painter(), &profile.name, colours.text, room);
    let folder =
        folder.map(|folder| Type::Secondary.one_line(ui.painter(), &folder, colours.secondary, room));
    let below = folder.as_ref().map_or(0.0, |folder| folder.size().y);
    let at = egui::pos2(left, rect.center().y - (name.size().y + below) / 2.0);
    let lower = egui::pos2(left, at.y + name.size().y);
    ui.painter().galley(at.round(), name, colours.text);
    if let Some(folder) = folder {
        ui.painter().galley(lower.round(), folder, colours.secondary);
    }
    let chevron = egui::pos2(rect.right() - space::M - size::ICON / 2.0, rect.center().y);
    Icon::CHEVRON.paint(ui.painter(), chevron, size::ICON, colours.secondary);
    response.clicked()
}
