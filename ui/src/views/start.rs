//! The screens before a profile is open, and what they share: the card in the middle of the window, its head, the
//! passphrase with its meter.
//!
//! [`Start`] knows which of them shows. It asks for things with [`Action::Profile`](crate::action::Action::Profile) and is told the answers by `app`.

use egui::{CornerRadius, Frame, Margin, Role, Sense, Stroke, Ui, Vec2, WidgetInfo};
use kith_node::profile::MAX_PASSPHRASE_BYTES;

use super::Cx;
use super::onboarding::Onboarding;
use super::restore::Restore;
use super::unlock::Unlock;
use crate::profiles::{ProfileCard, ProfileReply, Secret};
use crate::t;
use crate::theme::{Type, inset, palette, radius, shadow, size, space};
use crate::widgets::button::icon_button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::put_ui;

/// The weakest passphrase that is taken, by zxcvbn's score.
pub const SCORE_NEEDED: u8 = 2;
/// Most characters of a name.
pub const NAME_LIMIT: usize = 64;

/// Which screen shows.
pub enum Screen {
    /// Profiles are being looked for.
    Looking,
    /// First start, or another profile.
    Onboarding(Onboarding),
    /// Pick a profile and open it.
    Unlock(Unlock),
    /// Bring an account back from its words.
    Restore(Restore),
}

/// Where a start screen wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To making a new profile.
    Onboarding,
    /// To opening one of those that exist.
    Unlock,
    /// To bringing an account back.
    Restore,
    /// In: everything was written down.
    Enter,
}

/// The screens before a profile is open.
pub struct Start {
    screen: Screen,
    profiles: Vec<ProfileCard>,
    preferred: Option<String>,
    /// The picture chosen while making the profile, still to be handed to the node: its file's bytes.
    pub picture: Option<Vec<u8>>,
}

impl Start {
    /// Looks for profiles first. `preferred` is the folder name of the one to offer first.
    pub fn new(preferred: Option<String>) -> Self {
        Self {
            screen: Screen::Looking,
            profiles: Vec::new(),
            preferred,
            picture: None,
        }
    }

    /// The profiles on this machine are known.
    pub fn listed(&mut self, profiles: Vec<ProfileCard>) {
        self.profiles = profiles;
        self.go(if self.profiles.is_empty() {
            Step::Onboarding
        } else {
            Step::Unlock
        });
    }

    /// A wish was fulfilled. Gives true when the person may go in.
    pub fn answered(&mut self, reply: &ProfileReply) -> bool {
        match (reply, &mut self.screen) {
            (ProfileReply::Created { words, .. }, Screen::Onboarding(onboarding)) => {
                self.picture = onboarding.picture_bytes();
                onboarding.created(words.clone());
                false
            }
            (ProfileReply::Listed(profiles), _) => {
                self.listed(profiles.clone());
                false
            }
            (ProfileReply::Created { .. } | ProfileReply::Opened { .. }, _) => true,
            (ProfileReply::Done | ProfileReply::Words(_) | ProfileReply::Deleted, _) => false,
        }
    }

    /// A picture was chosen while making a profile.
    pub fn picked(&mut self, ctx: &egui::Context, bytes: Vec<u8>) {
        if let Screen::Onboarding(onboarding) = &mut self.screen {
            onboarding.picked(ctx, bytes);
        }
    }

    fn go(&mut self, step: Step) {
        self.screen = match step {
            Step::Onboarding => Screen::Onboarding(Onboarding::new(!self.profiles.is_empty())),
            Step::Unlock => Screen::Unlock(Unlock::new(self.profiles.clone(), self.preferred.as_deref())),
            Step::Restore => Screen::Restore(Restore::new()),
            Step::Enter => return,
        };
    }

    /// Paints the screen. Gives true when the person may go in.
    pub fn start_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let step = match &mut self.screen {
            Screen::Looking => None,
            Screen::Onboarding(screen) => card_ui(ui, |ui| screen.onboarding_ui(ui, cx)),
            Screen::Unlock(screen) => card_ui(ui, |ui| screen.unlock_ui(ui, cx)),
            Screen::Restore(screen) => card_ui(ui, |ui| screen.restore_ui(ui, cx)),
        };
        if let Some(step) = step {
            self.go(step);
        }
        step == Some(Step::Enter)
    }
}

/// The card in the middle of the window; the whole window when it is narrow.
fn card_ui<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let colours = palette(ui);
    let room = ui.max_rect();
    let narrow = room.width() < size::CARD + 2.0 * space::XXL;
    let ground = if narrow { colours.window } else { colours.backdrop };
    ui.painter().rect_filled(room, CornerRadius::ZERO, ground);
    let width = if narrow { room.width() } else { size::CARD };
    let id = ui.scope_id().with("card height");
    let height = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(0.0);
    let scroll = egui::ScrollArea::vertical().auto_shrink(false);
    scroll
        .show(ui, |ui| {
            let free = (room.height() - height).max(0.0);
            ui.add_space(if narrow {
                (free * size::ABOVE_CARD_NARROW).floor()
            } else {
                (free * size::ABOVE_CARD).floor().max(space::L)
            });
            let left = ((room.width() - width) / 2.0).floor();
            let frame = if narrow {
                Frame::new()
            } else {
                let edge = Stroke::new(size::HAIRLINE, colours.hairline);
                Frame::new()
                    .stroke(edge)
                    .shadow(shadow(colours))
                    .corner_radius(CornerRadius::same(radius::CARD))
            };
            let side = if narrow { inset::XL } else { inset::XXL };
            let frame = frame
                .fill(colours.window)
                .inner_margin(Margin::symmetric(side, inset::XXL));
            let shown = ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.add_space(left);
                frame.show(ui, |ui| {
                    ui.set_width(width - 2.0 * f32::from(side));
                    ui.vertical(|ui| {
                        ui.spacing_mut().item_spacing = Vec2::new(space::S, space::L);
                        content(ui)
                    })
                    .inner
                })
            });
            let tall = shown.inner.response.rect.height();
            if (tall - height).abs() > 0.5 {
                ui.data_mut(|data| data.insert_temp(id, tall));
                ui.ctx().request_discard("the card found its height");
            }
            ui.add_space(if narrow { 0.0 } else { space::L });
            shown.inner.inner
        })
        .inner
}

/// The head of a card: a way back, if there is one, the title, a sentence. Gives whether back was pressed.
pub fn head_ui(ui: &mut Ui, back: bool, title: &str, text: &str) -> bool {
    let colours = palette(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        let pressed = ui.horizontal(|ui| {
            let pressed = back && back_ui(ui);
            ui.add(egui::Label::new(Type::Screen.rich(title, colours.text)).wrap());
            pressed
        });
        if !text.is_empty() {
            ui.add(egui::Label::new(Type::Body.rich(text, colours.secondary)).wrap());
        }
        pressed.inner
    })
    .inner
}

/// The way back: the arrow itself, not the room around it, stands on the edge of the text.
fn back_ui(ui: &mut Ui) -> bool {
    let outside = (size::ICON_BUTTON - size::ICON) / 2.0;
    let room = Vec2::new(size::ICON_BUTTON - outside, size::ICON_BUTTON);
    let (rect, _) = ui.allocate_exact_size(room, Sense::hover());
    let button = rect.with_min_x(rect.left() - outside);
    put_ui(ui, button, |ui| {
        icon_button(ui, Icon::BACK, &t!("back")).clicked()
    })
}

/// A passphrase to be chosen: typed twice, with a meter that says how long it would hold.
#[derive(Default)]
pub struct NewPassphrase {
    first: Secret,
    second: Secret,
    score: u8,
}

impl NewPassphrase {
    /// The passphrase, if it is strong enough and both are the same.
    pub fn chosen(&self) -> Option<Secret> {
        (self.score >= SCORE_NEEDED && self.first == self.second).then(|| self.first.clone())
    }

    /// Paints both fields and the meter.
    pub fn fields_ui(&mut self, ui: &mut Ui, enabled: bool) {
        self.named_fields_ui(
            ui,
            enabled,
            &t!("passphrase-label"),
            &t!("passphrase-again-label"),
        );
    }

    /// Paints both fields under these names, and the meter.
    pub fn named_fields_ui(&mut self, ui: &mut Ui, enabled: bool, label: &str, again: &str) {
        let field = Field::new("new passphrase", label)
            .secret()
            .limit(MAX_PASSPHRASE_BYTES)
            .enabled(enabled);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            if field.show(ui, self.first.edit()).changed() {
                self.score = kith_node::profile::passphrase_estimate(self.first.expose()).score;
            }
            self.meter_ui(ui);
        });
        let differs = !self.second.is_empty() && !self.first.expose().starts_with(self.second.expose());
        let problem = t!("passphrase-differs");
        Field::new("new passphrase again", again)
            .secret()
            .limit(MAX_PASSPHRASE_BYTES)
            .enabled(enabled)
            .problem(differs.then_some(problem.as_str()))
            .show(ui, self.second.edit());
    }

    fn meter_ui(&self, ui: &mut Ui) {
        let colours = palette(ui);
        let (ink, text) = match (self.first.is_empty(), self.score) {
            (true, _) => (colours.hairline, t!("passphrase-hint")),
            (_, 0) => (colours.danger, t!("passphrase-score-0")),
            (_, 1) => (colours.danger, t!("passphrase-score-1")),
            (_, 2) => (colours.warning, t!("passphrase-score-2")),
            (_, 3) => (colours.good, t!("passphrase-score-3")),
            _ => (colours.good, t!("passphrase-score-4")),
        };
        let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), size::METER), Sense::hover());
        let filled = if self.first.is_empty() { 0 } else { self.score + 1 };
        let part = (rect.width() - 4.0 * space::XS) / 5.0;
        for index in 0..5_u8 {
            let left = rect.left() + f32::from(index) * (part + space::XS);
            let bar = egui::Rect::from_min_size(egui::pos2(left, rect.top()), Vec2::new(part, rect.height()));
            let fill = if index < filled { ink } else { colours.hairline };
            ui.painter()
                .rect_filled(bar, CornerRadius::same(radius::BAR), fill);
        }
        // As high as the longest of these sentences, so that nothing moves while somebody types.
        let width = ui.available_width();
        let lines = [
            t!("passphrase-hint"),
            t!("passphrase-score-0"),
            t!("passphrase-score-1"),
        ];
        let tall = |line| Type::Caption.wrapped(ui.painter(), line, ink, width).size().y;
        let height = lines.into_iter().map(tall).fold(0.0, f32::max);
        let galley = Type::Caption.wrapped(ui.painter(), text.clone(), colours.secondary, width);
        let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        ui.painter().galley(rect.min, galley, colours.secondary);
    }
}
