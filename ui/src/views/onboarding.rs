//! First start: welcome, who you are, the 24 words, two of them asked back.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use egui::{Role, Sense, Stroke, TextureHandle, Ui, Vec2, WidgetInfo};

use super::new_person::{NewPerson, name_field};
use super::start::{Step, head_ui};
use super::{Cx, picture_file};
use crate::action::Action;
use crate::model::requests::RequestKey;
use crate::pictures;
use crate::profiles::Secret;
use crate::t;
use crate::theme::{Type, palette, size, space};
use crate::widgets::avatar::Avatar;
use crate::widgets::button::Button;
use crate::widgets::field::Field;
use crate::widgets::icon::Icon;
use crate::widgets::logo;
use crate::widgets::notice::{Tone, notice_ui};
use crate::widgets::word_grid::word_grid_ui;

/// The control that makes a profile.
pub fn create_key() -> RequestKey {
    RequestKey::only("create-profile")
}

enum Page {
    Welcome,
    Person,
    Words {
        words: Secret,
    },
    AskBack {
        words: Secret,
        typed: [String; 2],
        wrong: bool,
    },
}

/// Making a profile.
pub struct Onboarding {
    page: Page,
    others_exist: bool,
    person: NewPerson,
    picture: Option<(Vec<u8>, TextureHandle)>,
    picture_failed: bool,
    picture_file: String,
}

impl Onboarding {
    /// Begins at the welcome. `others_exist` offers the way back to profiles that exist.
    pub fn new(others_exist: bool) -> Self {
        Self {
            page: Page::Welcome,
            others_exist,
            person: NewPerson::default(),
            picture: None,
            picture_failed: false,
            picture_file: String::new(),
        }
    }

    /// The profile is made: these are its words.
    pub fn created(&mut self, words: Secret) {
        self.person.made();
        self.page = Page::Words { words };
    }

    /// A picture's file was chosen.
    pub fn picked(&mut self, ctx: &egui::Context, bytes: Vec<u8>) {
        match pictures::decode(&bytes, 256) {
            Ok(image) => {
                let texture = ctx.load_texture("own picture", image, egui::TextureOptions::LINEAR);
                self.picture = Some((bytes, texture));
                self.picture_failed = false;
            }
            Err(_) => self.picture_failed = true,
        }
    }

    /// The chosen picture's file, to hand to the node.
    pub fn picture_bytes(&self) -> Option<Vec<u8>> {
        self.picture.as_ref().map(|(bytes, _)| bytes.clone())
    }

    /// Paints the page. Gives where to go next, if anywhere.
    pub fn onboarding_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Step> {
        match &mut self.page {
            Page::Welcome => self.welcome_ui(ui),
            Page::Person => self.person_ui(ui, cx),
            Page::Words { words } => {
                if words_ui(ui, words) {
                    let [first, _] = asked_back(words.expose());
                    let field = Field::new(("ask back", first), "").id();
                    ui.memory_mut(|memory| memory.request_focus(field));
                    let words = words.clone();
                    self.page = Page::AskBack {
                        words,
                        typed: [String::new(), String::new()],
                        wrong: false,
                    };
                }
                None
            }
            Page::AskBack { words, typed, wrong } => match ask_back_ui(ui, words, typed, wrong) {
                AskedBack::Waiting => None,
                AskedBack::ShowAgain => {
                    let words = words.clone();
                    self.page = Page::Words { words };
                    None
                }
                AskedBack::Right => Some(Step::Enter),
            },
        }
    }

    fn welcome_ui(&mut self, ui: &mut Ui) -> Option<Step> {
        let colours = palette(ui);
        let mut step = None;
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            logo::logo_ui(ui, size::LOGO);
            ui.add_space(space::S);
            ui.label(Type::Screen.rich(t!("welcome-title"), colours.text));
            ui.add(egui::Label::new(Type::Body.rich(t!("welcome-text"), colours.secondary)).wrap());
        });
        ui.add_space(space::S);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            if Button::primary(&t!("welcome-create")).wide().show(ui).clicked() {
                ui.memory_mut(|memory| memory.request_focus(name_field()));
                self.page = Page::Person;
            }
            if Button::soft(&t!("welcome-restore")).wide().show(ui).clicked() {
                step = Some(Step::Restore);
            }
            if self.others_exist && Button::plain(&t!("welcome-unlock")).wide().show(ui).clicked() {
                step = Some(Step::Unlock);
            }
        });
        step
    }

    fn person_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Step> {
        let busy = cx.model.requests.state(&create_key()).is_running();
        if head_ui(ui, !busy, &t!("person-title"), &t!("person-text")) {
            self.page = Page::Welcome;
            return None;
        }
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            self.picture_ui(ui, cx, !busy);
        });
        self.person
            .form_ui(ui, cx, create_key(), &t!("person-create"), None);
        None
    }

    fn picture_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, enabled: bool) {
        let colours = palette(ui);
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::AVATAR_LARGE), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, t!("picture-choose")));
        let radius = rect.width() / 2.0;
        if let Some((_, texture)) = &self.picture {
            Avatar::new(&[], self.person.name())
                .picture(Some(texture))
                .paint(ui, rect, colours.window);
        } else {
            let ground = if response.hovered() {
                colours.selected
            } else {
                colours.accent_soft
            };
            ui.painter().circle_filled(rect.center(), radius, ground);
            Icon::CAMERA.paint(
                ui.painter(),
                rect.center(),
                size::ICON_HERO * size::SIGN,
                colours.accent,
            );
        }
        if response.has_focus() {
            let ring = Stroke::new(size::FOCUS_RING, colours.accent);
            ui.painter()
                .circle_stroke(rect.center(), radius + size::FOCUS_RING, ring);
        }
        let text = if self.picture_failed {
            t!("picture-unreadable")
        } else {
            t!("picture-optional")
        };
        let ink = if self.picture_failed {
            colours.danger
        } else {
            colours.secondary
        };
        ui.label(Type::Caption.rich(text, ink));
        if response.on_hover_text(t!("picture-choose")).clicked() {
            cx.act(Action::PickPicture);
        }
        picture_file::file_ui(ui, cx, &mut self.picture_file);
    }
}

/// Shows the words. Gives true once the person has written them down.
fn words_ui(ui: &mut Ui, words: &Secret) -> bool {
    head_ui(ui, false, &t!("words-title"), &t!("words-text"));
    word_grid_ui(ui, words);
    notice_ui(ui, Tone::Warning, &t!("words-warning"));
    let label = t!("words-written");
    Button::primary(&label).wide().show(ui).clicked()
}

enum AskedBack {
    Waiting,
    ShowAgain,
    Right,
}

/// Which two words are asked back: as good as random, and the same each time for the same words.
pub fn asked_back(words: &str) -> [usize; 2] {
    let count = words.split_whitespace().count().max(2);
    let mixed = BuildHasherDefault::<DefaultHasher>::default().hash_one(words);
    #[expect(clippy::cast_possible_truncation, reason = "a number below 24 follows")]
    let (one, two) = (mixed as usize % count, (mixed >> 32) as usize % (count - 1));
    let other = if two >= one { two + 1 } else { two };
    [one.min(other), one.max(other)]
}

fn ask_back_ui(ui: &mut Ui, words: &Secret, typed: &mut [String; 2], wrong: &mut bool) -> AskedBack {
    if head_ui(ui, true, &t!("ask-back-title"), &t!("ask-back-text")) {
        return AskedBack::ShowAgain;
    }
    let asked = asked_back(words.expose());
    for (typed, index) in typed.iter_mut().zip(asked) {
        let label = t!("ask-back-word", number = index + 1);
        if Field::new(("ask back", index), &label)
            .limit(32)
            .show(ui, typed)
            .changed()
        {
            *wrong = false;
        }
    }
    if *wrong {
        notice_ui(ui, Tone::Danger, &t!("ask-back-wrong"));
    }
    let ready = typed.iter().all(|word| !word.trim().is_empty());
    let pressed = Button::primary(&t!("ask-back-done"))
        .wide()
        .enabled(ready)
        .show(ui)
        .clicked();
    let entered = ui.input(|input| input.key_pressed(egui::Key::Enter));
    if !(ready && (pressed || entered)) {
        return AskedBack::Waiting;
    }
    let is_word = |typed: &str, index: usize| {
        let word = words.expose().split_whitespace().nth(index);
        word.is_some_and(|word| word.eq_ignore_ascii_case(typed.trim()))
    };
    let first_wrong = typed
        .iter()
        .zip(asked)
        .find(|(typed, index)| !is_word(typed, *index));
    *wrong = first_wrong.is_some();
    match first_wrong {
        None => AskedBack::Right,
        Some((_, index)) => {
            // Enter took the keyboard from the field: the first wrong word gets it back.
            let field = Field::new(("ask back", index), "").id();
            ui.memory_mut(|memory| memory.request_focus(field));
            AskedBack::Waiting
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_words_are_asked_back_in_order() {
        let words: Vec<String> = (0..24).map(|n| format!("word{n}")).collect();
        for shift in 0..24 {
            let mut words = words.clone();
            words.rotate_left(shift);
            let [one, two] = asked_back(&words.join(" "));
            assert!(one < two && two < 24, "{one} {two}");
        }
    }
}
