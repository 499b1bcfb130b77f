//! Every word the app says, through Fluent: `t!("key")`, or `t!("key", name = value)` with arguments.
//!
//! The words stand in `en/` and `hi/`: `common` (times, buttons, the frame), `start` (before a profile is open),
//! `talk` (chats, contacts, invites, settings) and `trust` (safety numbers, delivery details, letters kept for one
//! another). The language in force belongs to the thread that paints; it is set once
//! at start and again when the person picks another. A key that a language lacks falls back to English; a test
//! holds that none does and that no call names a key that is missing. [`dates`] writes times, days and sizes.

pub mod dates;
pub mod errors;

use std::cell::RefCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

const ENGLISH: [&str; 4] = [
    include_str!("en/common.ftl"),
    include_str!("en/start.ftl"),
    include_str!("en/talk.ftl"),
    include_str!("en/trust.ftl"),
];
const HINDI: [&str; 4] = [
    include_str!("hi/common.ftl"),
    include_str!("hi/start.ftl"),
    include_str!("hi/talk.ftl"),
    include_str!("hi/trust.ftl"),
];

/// A language the app speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// हिन्दी.
    Hindi,
}

impl Language {
    /// All of them, as settings list them.
    pub const ALL: [Self; 2] = [Self::English, Self::Hindi];

    /// Its name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Hindi => "हिन्दी",
        }
    }

    /// The language of the system, English if we do not speak it.
    pub fn of_system() -> Self {
        sys_locale::get_locales()
            .find_map(|tag| Self::of_tag(&tag))
            .unwrap_or_default()
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next() {
            Some("hi") => Some(Self::Hindi),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    const fn sources(self) -> [&'static str; 4] {
        match self {
            Self::English => ENGLISH,
            Self::Hindi => HINDI,
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Hindi => "hi",
        }
    }
}

struct Catalogue {
    language: Language,
    words: FluentBundle<FluentResource>,
    fallback: FluentBundle<FluentResource>,
}

thread_local! {
    static CATALOGUE: RefCell<Catalogue> = RefCell::new(Catalogue::new(Language::English));
}

impl Catalogue {
    fn new(language: Language) -> Self {
        Self {
            language,
            words: bundle(language),
            fallback: bundle(Language::English),
        }
    }

    fn say(&self, key: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
        [&self.words, &self.fallback].into_iter().find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
            if !errors.is_empty() {
                tracing::warn!(key, ?errors, "a text could not be filled in");
            }
            Some(text)
        })
    }
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let languages = language.tag().parse::<LanguageIdentifier>().into_iter().collect();
    let mut bundle = FluentBundle::new(languages);
    // The isolating marks would show as boxes: egui paints every character it is given.
    bundle.set_use_isolating(false);
    for source in language.sources() {
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(
                ?errors,
                ?language,
                "a catalogue has errors; the rest of it is used"
            );
            resource
        });
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// Speaks `language` on this thread from now on.
pub fn set_language(language: Language) {
    CATALOGUE.with_borrow_mut(|catalogue| {
        if catalogue.language != language {
            *catalogue = Catalogue::new(language);
        }
    });
}

/// The language this thread speaks.
pub fn language() -> Language {
    CATALOGUE.with_borrow(|catalogue| catalogue.language)
}

/// The text under `key`; the key itself if there is none (a test shows that this does not happen). Use [`crate::t!`].
pub fn say(key: &str, args: Option<&FluentArgs<'_>>) -> String {
    CATALOGUE
        .with_borrow(|catalogue| catalogue.say(key, args))
        .unwrap_or_else(|| key.to_owned())
}

#[doc(hidden)]
pub use fluent_bundle::FluentArgs as Args;

/// A text in the language in force: `t!("chats-title")`, `t!("unread-count", count = 3)`. Gives a `String`.
#[macro_export]
macro_rules! t {
    ($key:literal) => {
        $crate::i18n::say($key, None)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {{
        let mut args = $crate::i18n::Args::new();
        $(args.set(stringify!($name), $value);)+
        $crate::i18n::say($key, Some(&args))
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(sources: [&'static str; 4]) -> BTreeSet<&'static str> {
        let is_key = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
        sources
            .into_iter()
            .flat_map(str::lines)
            .filter(is_key)
            .filter_map(|line| Some(line.split_once('=')?.0.trim()))
            .collect()
    }

    #[test]
    fn both_languages_say_the_same_things_and_parse() {
        assert_eq!(keys(ENGLISH), keys(HINDI));
        for language in Language::ALL {
            for source in language.sources() {
                assert!(
                    FluentResource::try_new(source.to_owned()).is_ok(),
                    "{language:?} has errors"
                );
            }
        }
    }

    #[test]
    fn every_call_names_a_key_that_exists() {
        let known = keys(ENGLISH);
        let mut used = BTreeSet::new();
        crate::testing::each_source_file(|path, source| {
            for call in source.split("t!(").skip(1) {
                let Some(key) = call
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split('"').next())
                else {
                    continue;
                };
                let is_key = key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
                assert!(
                    !is_key || path.ends_with("i18n/mod.rs") || known.contains(key),
                    "{path}: no text for {key}"
                );
                used.insert(key.to_owned());
            }
        });
        let unused: Vec<_> = known.iter().filter(|key| !used.contains(**key)).collect();
        assert!(unused.is_empty(), "texts that nothing says: {unused:?}");
    }

    #[test]
    fn arguments_are_filled_in_and_numbers_have_their_plural() {
        assert_eq!(crate::t!("unread-count", count = 1), "1 unread message");
        assert_eq!(crate::t!("unread-count", count = 5), "5 unread messages");
        set_language(Language::Hindi);
        assert_eq!(language(), Language::Hindi);
        assert!(crate::t!("unread-count", count = 5).contains('5'));
        set_language(Language::English);
    }

    #[test]
    fn tags_of_systems_are_understood() {
        assert_eq!(Language::of_tag("hi_IN.UTF-8"), Some(Language::Hindi));
        assert_eq!(Language::of_tag("en-GB"), Some(Language::English));
        assert_eq!(Language::of_tag("de-DE"), None);
    }
}
