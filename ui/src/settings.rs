//! What the person chose about the app itself, kept as JSON beside the profiles: looks, language, the profile used
//! last. Nothing secret, nothing about people. What cannot be read in the file counts as not chosen: the defaults serve, the
//! person is told, and the file is kept aside before it is written anew.
//!
//! Several windows may be open, one a profile, and they share the file. So none of them ever writes what it knew when it
//! was opened: each change is made to what is kept now, by one window at a time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use egui::{Pos2, Rect, Vec2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::i18n::Language;
use crate::theme::{Appearance, size};

/// What the person chose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Looks.
    pub appearance: Appearance,
    /// Language; `None` follows the system.
    pub language: Option<Language>,
    /// The folder name of the profile that was open last.
    pub last_profile: Option<String>,
    /// Where the window was, and how large.
    pub window: Option<WindowPlace>,
    /// Bootstrap nodes that the person entered, as they print themselves.
    pub bootstraps: Vec<String>,
    /// What a later Kith keeps here: it stays.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A window's size and place, in points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Width and height inside the frame.
    pub size: [f32; 2],
    /// The frame's upper left corner, where the system tells it (Wayland does not).
    pub position: Option<[f32; 2]>,
}

impl WindowPlace {
    /// Where the window goes on these screens, in points of the same plane: where it was, unless a screen that it was on is gone and
    /// nobody could take hold of it there. It is never larger than the screen it is on.
    pub fn in_sight(self, screens: &[Rect]) -> Self {
        let wanted = Rect::from_min_size(self.position.map_or(Pos2::ZERO, Pos2::from), self.size.into());
        let shares = |screen: &Rect| screen.intersect(wanted).size().max(Vec2::ZERO);
        let area = |screen: &&Rect| shares(screen).x * shares(screen).y;
        // The first is the main one.
        let mut nearest = None;
        for screen in screens {
            if nearest.is_none_or(|best| area(&best) < area(&screen)) {
                nearest = Some(screen);
            }
        }
        let Some(screen) = nearest else { return self };
        let size = wanted.size().min(screen.size());
        let top = wanted.with_max_y(wanted.top() + size::HEADER).intersect(*screen);
        // Its top is what it is moved by: as much of it as a person needs for that.
        let within_reach = top.width() >= size::WINDOW_MIN[0] / 2.0 && top.height() >= size::HEADER / 2.0;
        let position = self.position.map(|kept| {
            if within_reach {
                return kept;
            }
            wanted.min.clamp(screen.min, screen.max - size).into()
        });
        Self {
            size: size.into(),
            position,
        }
    }
}

impl Settings {
    /// What a file says, field by field, and whether all of it could be read.
    fn from_file(bytes: &[u8]) -> (Self, bool) {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(bytes) else {
            return (Self::default(), false);
        };
        let mut kept = Self::default();
        let read = [
            take(&mut fields, "appearance", &mut kept.appearance),
            take(&mut fields, "language", &mut kept.language),
            take(&mut fields, "last_profile", &mut kept.last_profile),
            take(&mut fields, "window", &mut kept.window),
            take(&mut fields, "bootstraps", &mut kept.bootstraps),
        ];
        kept.others = fields;
        (kept, !read.contains(&false))
    }

    /// The language to speak.
    pub fn language(&self) -> Language {
        self.language.unwrap_or_else(Language::of_system)
    }
}

/// Takes a field out of `fields` into `slot`. False if it is there and cannot be read.
fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str, slot: &mut T) -> bool {
    let Some(value) = fields.remove(name) else {
        return true;
    };
    serde_json::from_value(value).map(|value| *slot = value).is_ok()
}

/// Where the choices are kept.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
}

impl SettingsFile {
    /// `settings.json` in the folder `data`.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            path: data.join("settings.json"),
        }
    }

    /// What is kept, and whether all of it could be read: the defaults stand for the rest.
    pub fn load(&self) -> (Settings, bool) {
        match fs::read(&self.path) {
            Ok(bytes) => Settings::from_file(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Settings::default(), true),
            Err(error) => {
                tracing::warn!(%error, "the settings could not be opened; the defaults are used");
                (Settings::default(), false)
            }
        }
    }

    /// Where a file that could not be read whole is kept before it is written anew.
    pub fn aside(&self) -> PathBuf {
        self.path.with_extension("json.damaged")
    }

    /// Changes what is kept now, whoever kept it, and gives what is kept then.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> io::Result<Settings> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        // The lock goes with the file's handle, at the end of this function or of the process.
        let turn = fs::File::create(self.path.with_extension("json.lock"))?;
        turn.lock()?;
        let (mut settings, whole) = self.load();
        if !whole && self.path.exists() {
            fs::copy(&self.path, self.aside())?;
        }
        change(&mut settings);
        self.save(&settings)?;
        Ok(settings)
    }

    /// Keeps `settings`: written aside, then renamed, so that a crash leaves the old or the new ones.
    fn save(&self, settings: &Settings) -> io::Result<()> {
        let aside = self.path.with_extension("json.new");
        let mut file = fs::File::create(&aside)?;
        file.write_all(&serde_json::to_vec_pretty(settings)?)?;
        file.sync_all()?;
        fs::rename(aside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::ThemeChoice;

    #[test]
    fn two_windows_keep_what_each_of_them_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (
            SettingsFile::in_folder(folder.path()),
            SettingsFile::in_folder(folder.path()),
        );
        let place = WindowPlace {
            size: [800.0, 600.0],
            position: Some([20.0, 30.0]),
        };
        one.change(|settings| settings.language = Some(Language::Hindi))
            .unwrap();
        other
            .change(|settings| settings.last_profile = Some("meera".to_owned()))
            .unwrap();
        other.change(|settings| settings.window = Some(place)).unwrap();
        let kept = one
            .change(|settings| settings.appearance.theme = ThemeChoice::Dark)
            .unwrap();
        assert_eq!((kept.clone(), true), other.load());
        assert_eq!(kept.language, Some(Language::Hindi));
        assert_eq!(kept.last_profile.as_deref(), Some("meera"));
        assert_eq!(kept.window, Some(place));
        assert_eq!(kept.appearance.theme, ThemeChoice::Dark);
    }

    #[test]
    fn a_window_comes_back_where_somebody_can_take_hold_of_it() {
        let screen = |left, top| Rect::from_min_size(Pos2::new(left, top), Vec2::new(1_600.0, 900.0));
        let place = |size, position| WindowPlace { size, position };
        let (size, both) = ([1_100.0, 720.0], [screen(0.0, 0.0), screen(1_600.0, 0.0)]);
        let on = |position, screens: &[Rect]| place(size, Some(position)).in_sight(screens).position.unwrap();
        for stays in [
            [200.0, 100.0],
            [1_300.0, 40.0],
            [2_000.0, 100.0],
            [-400.0, 0.0],
            [100.0, 700.0],
        ] {
            assert_eq!(on(stays, &both), stays);
        }
        let one = &both[..1];
        assert_eq!(
            on([2_000.0, 100.0], one),
            [500.0, 100.0],
            "the second screen is gone"
        );
        assert_eq!(
            on([1_590.0, -300.0], one),
            [500.0, 0.0],
            "nothing of it can be taken hold of"
        );
        assert_eq!(on([100.0, 899.0], one), [100.0, 180.0]);
        assert_eq!(on([-5_000.0, 90_000.0], &[screen(0.0, 900.0)]), [0.0, 1_080.0]);
        let large = place([2_500.0, 1_400.0], None);
        assert_eq!(
            large.in_sight(one),
            place([1_600.0, 900.0], None),
            "it was on a larger screen"
        );
        assert_eq!(large.in_sight(&[]), large, "nobody says what screens there are");
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let file = SettingsFile::in_folder(folder.path());
                scope.spawn(move || {
                    let add = |settings: &mut Settings| {
                        let before = settings.last_profile.take().unwrap_or_default();
                        settings.last_profile = Some(format!("{before}{number}"));
                    };
                    file.change(add).unwrap();
                });
            }
        });
        let kept = SettingsFile::in_folder(folder.path()).load().0.last_profile;
        let mut digits: Vec<_> = kept.unwrap().chars().collect();
        digits.sort_unstable();
        assert_eq!(digits.into_iter().collect::<String>(), "01234567");
    }

    #[test]
    fn choices_survive_and_what_cannot_be_read_is_told_and_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::in_folder(folder.path());
        let path = folder.path().join("settings.json");
        assert_eq!(file.load(), (Settings::default(), true));
        let mut chosen = Settings {
            language: Some(Language::Hindi),
            bootstraps: vec!["/ip4/203.0.113.7/tcp/4433".to_owned()],
            ..Settings::default()
        };
        chosen.last_profile = Some("meera".to_owned());
        file.change(|settings| settings.clone_from(&chosen)).unwrap();
        assert_eq!(file.load(), (chosen.clone(), true));

        // A later Kith has a look that this one does not know, and a choice of its own.
        let mut later: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        later["appearance"]["theme"] = "sepia".into();
        later["sounds"] = false.into();
        fs::write(&path, later.to_string()).unwrap();
        let (found, whole) = file.load();
        assert!(!whole);
        assert_eq!(found.bootstraps, chosen.bootstraps);
        file.change(|settings| settings.appearance.theme = ThemeChoice::Dark)
            .unwrap();
        assert_eq!(fs::read_to_string(file.aside()).unwrap(), later.to_string());
        let (found, whole) = file.load();
        assert!(whole);
        assert_eq!(
            (found.language, &found.bootstraps),
            (chosen.language, &chosen.bootstraps)
        );
        assert_eq!(found.others["sounds"], false);

        fs::write(&path, b"{ \"appearance\": 7").unwrap();
        assert_eq!(file.load(), (Settings::default(), false));
    }
}
