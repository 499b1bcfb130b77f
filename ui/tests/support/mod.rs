//! A world outside the window that the test scripts: what was asked is kept, answers come when the test says.

#![allow(dead_code, clippy::panic, reason = "tests; each file uses its own part")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use egui::Vec2;
use egui_kittest::Harness;
use kith_node::{Command, CommandError, Reply};
use kith_ui::app::{AfterClose, App, Launch};
use kith_ui::backend::{Backend, Incoming};
use kith_ui::i18n::Language;
use kith_ui::model::requests::RequestId;
use kith_ui::profiles::{ProfileCard, ProfileFailure, ProfileId, ProfileReply, ProfileRequest};
use kith_ui::settings::{Settings, SettingsFile};
use kith_ui::theme::{Appearance, ThemeChoice};

/// The 24 words that every made profile gets.
pub const WORDS: &str = "legal winner thank year wave sausage worth useful legal winner thank year wave sausage \
                         worth useful legal winner thank year wave sausage worth title";

/// What stands on the other side of the window.
#[derive(Default)]
pub struct Outside {
    /// Commands that were asked and not answered.
    pub commands: Vec<(RequestId, Command)>,
    /// Wishes about profiles that were asked and not answered.
    pub wishes: Vec<(RequestId, ProfileRequest)>,
    /// What will come next.
    pub incoming: VecDeque<Incoming>,
    /// Times a picture was to be picked.
    pub picks: u32,
    /// Files of pictures that were to be read.
    pub pictures: Vec<PathBuf>,
    /// Addresses that were to be opened.
    pub links: Vec<String>,
    /// The time.
    pub now_ms: u64,
    /// The program's file is gone.
    pub program_gone: bool,
    /// After this many more looks at the clock, the next one panics, as a fault of the window's own code would.
    pub falls_after: Cell<Option<u32>>,
}

impl Outside {
    fn program(&self) -> std::io::Result<()> {
        if self.program_gone {
            Err(std::io::Error::other("/opt/kith: not found"))
        } else {
            Ok(())
        }
    }
}

/// A handle on the outside, for the test.
pub type World = Rc<RefCell<Outside>>;

struct Scripted(World);

impl Backend for Scripted {
    fn call(&mut self, id: RequestId, command: Command) {
        self.0.borrow_mut().commands.push((id, command));
    }

    fn profile(&mut self, id: RequestId, request: ProfileRequest) {
        self.0.borrow_mut().wishes.push((id, request));
    }

    fn pick_picture(&mut self) {
        self.0.borrow_mut().picks += 1;
    }

    fn read_picture(&mut self, path: PathBuf) {
        self.0.borrow_mut().pictures.push(path);
    }

    fn open_link(&mut self, url: String) {
        self.0.borrow_mut().links.push(url);
    }

    fn next(&mut self) -> Option<Incoming> {
        self.0.borrow_mut().incoming.pop_front()
    }

    fn open_other(&mut self, _profile: Option<ProfileId>) -> std::io::Result<()> {
        self.0.borrow().program()
    }

    fn can_start_anew(&self) -> std::io::Result<()> {
        self.0.borrow().program()
    }

    fn close(&mut self) {}

    fn now_ms(&self) -> u64 {
        let outside = self.0.borrow();
        let left = outside.falls_after.get();
        outside.falls_after.set(left.and_then(|left| left.checked_sub(1)));
        assert_ne!(left, Some(0), "on purpose");
        outside.now_ms
    }
}

/// A window on a scripted world.
pub struct Window {
    /// The painted app.
    pub harness: Harness<'static, App>,
    /// The world outside it.
    pub world: World,
}

impl Window {
    /// A window of this size, light or dark, over a machine with these profiles.
    pub fn open(size: [f32; 2], dark: bool, profiles: &[&str]) -> Self {
        Self::open_in(size, dark, Language::English, profiles)
    }

    /// The same in a language.
    pub fn open_in(size: [f32; 2], dark: bool, language: Language, profiles: &[&str]) -> Self {
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
        let settings = Settings {
            appearance,
            language: Some(language),
            ..Settings::default()
        };
        Self::start(size, (settings, true), None, profiles)
    }

    /// A window that keeps its settings in a folder, as the next start finds them.
    pub fn open_over(folder: &Path, profiles: &[&str]) -> Self {
        let file = SettingsFile::in_folder(folder);
        let (mut settings, whole) = file.load();
        settings.appearance.reduced_motion = Some(true);
        settings.language = Some(Language::English);
        Self::start([1_100.0, 700.0], (settings, whole), Some(file), profiles)
    }

    fn start(
        size: [f32; 2],
        (settings, settings_whole): (Settings, bool),
        settings_file: Option<SettingsFile>,
        profiles: &[&str],
    ) -> Self {
        let dark = settings.appearance.theme == ThemeChoice::Dark;
        let world = World::default();
        world.borrow_mut().now_ms = 1_790_000_000_000;
        let backend = Box::new(Scripted(Rc::clone(&world)));
        let after_close = AfterClose::default();
        let launch = Launch {
            backend,
            settings,
            settings_whole,
            settings_file,
            profile: None,
            link: String::new(),
            after_close,
        };
        let harness = Harness::builder()
            .with_size(Vec2::from(size))
            .with_theme(if dark {
                egui::Theme::Dark
            } else {
                egui::Theme::Light
            })
            .build_eframe(move |creation| App::new(&creation.egui_ctx, launch));
        let mut window = Self { harness, world };
        let cards = profiles.iter().map(|name| card(name)).collect();
        window.answer_wish(Ok(ProfileReply::Listed(cards)));
        window
    }

    /// The oldest wish about profiles that waits.
    pub fn wish(&self) -> Option<ProfileRequest> {
        self.world.borrow().wishes.first().map(|(_, wish)| wish.clone())
    }

    /// Answers the oldest wish about profiles.
    pub fn answer_wish(&mut self, result: Result<ProfileReply, ProfileFailure>) {
        let (id, _) = self.world.borrow_mut().wishes.remove(0);
        self.world
            .borrow_mut()
            .incoming
            .push_back(Incoming::Profile { id, result });
        self.harness.run();
    }

    /// Answers every command that waits and that `answer` knows an answer to.
    pub fn answer_commands(&mut self, answer: impl Fn(&Command) -> Option<Result<Reply, CommandError>>) {
        let waiting = std::mem::take(&mut self.world.borrow_mut().commands);
        for (id, command) in waiting {
            match answer(&command) {
                Some(result) => self
                    .world
                    .borrow_mut()
                    .incoming
                    .push_back(Incoming::Reply { id, result }),
                None => self.world.borrow_mut().commands.push((id, command)),
            }
        }
        self.harness.run();
    }

    /// Types into the field named `label`.
    pub fn type_into(&mut self, label: &str, text: &str) {
        use egui::accesskit::Role::{MultilineTextInput, PasswordInput, TextInput};
        use egui_kittest::kittest::Queryable;
        let found = [TextInput, PasswordInput, MultilineTextInput]
            .into_iter()
            .find_map(|role| self.harness.query_by_role_and_label(role, label));
        found
            .unwrap_or_else(|| panic!("there is no field {label}"))
            .focus();
        self.harness.run();
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.harness.run();
    }

    /// Presses the button named `label`.
    pub fn press(&mut self, label: &str) {
        use egui_kittest::kittest::Queryable;
        self.harness
            .get_by_role_and_label(egui::accesskit::Role::Button, label)
            .click();
        self.harness.run();
    }

    /// Presses it as a screen reader does: wherever it stands, also below the window's edge.
    pub fn press_unseen(&mut self, label: &str) {
        use egui_kittest::kittest::Queryable;
        self.harness
            .get_by_role_and_label(egui::accesskit::Role::Button, label)
            .click_accesskit();
        self.harness.run();
    }

    /// Whether something named `label` shows.
    pub fn shows(&self, label: &str) -> bool {
        use egui_kittest::kittest::Queryable;
        self.harness.query_all_by_label_contains(label).next().is_some()
    }
}

/// The card of a name; `name/folder` lies in another folder than its name says.
fn card(name: &str) -> ProfileCard {
    let (name, folder) = name.split_once('/').unwrap_or((name, name));
    ProfileCard {
        id: ProfileId(folder.to_lowercase()),
        name: name.to_owned(),
    }
}
