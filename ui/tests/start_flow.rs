//! First start, unlocking and restoring, clicked through as a person does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;
#[path = "support/tree.rs"]
mod tree;

use egui_kittest::kittest::Queryable;
use kith_node::Command;
use kith_ui::backend::{Incoming, PickFailure};
use kith_ui::i18n::Language;
use kith_ui::profiles::{ProfileFailure, ProfileId, ProfileReply, ProfileRequest, Secret};
use kith_ui::t;
use kith_ui::views::onboarding::asked_back;
use support::{WORDS, Window};

const SIZE: [f32; 2] = [1100.0, 700.0];
const STRONG: &str = "violet harbour tambourine eleven";

fn made() -> Result<ProfileReply, ProfileFailure> {
    Ok(ProfileReply::Created {
        id: ProfileId("ada".to_owned()),
        words: Secret::new(WORDS.to_owned()),
    })
}

fn fill_in(window: &mut Window) {
    window.press("Create an account");
    window.type_into("Name", "Ada");
    window.type_into("Passphrase", STRONG);
    window.type_into("Passphrase again", STRONG);
}

fn word(index: usize) -> &'static str {
    WORDS.split_whitespace().nth(index).unwrap()
}

#[test]
fn a_first_start_leads_into_the_app() {
    let mut window = Window::open(SIZE, false, &[]);
    assert!(window.shows("Talk to your people"));
    fill_in(&mut window);
    window.press("Create account");
    let Some(ProfileRequest::Create {
        name,
        passphrase,
        words: None,
    }) = window.wish()
    else {
        panic!("no profile was asked for: {:?}", window.wish());
    };
    assert_eq!((name.as_str(), passphrase.expose()), ("Ada", STRONG));
    window.answer_wish(made());
    assert!(window.shows("Write these words down") && window.shows("1. legal") && window.shows("24. title"));
    window.press("I wrote them down");
    let [one, two] = asked_back(WORDS);
    window.type_into(&format!("Word {}", one + 1), word(one));
    window.type_into(&format!("Word {}", two + 1), "wrong");
    window.press("Finish");
    assert!(window.shows("These are not the words"));
    window.press("Back");
    window.press("I wrote them down");
    window.type_into(&format!("Word {}", one + 1), word(one));
    window.type_into(&format!("Word {}", two + 1), &word(two).to_uppercase());
    window.press("Finish");
    assert!(window.shows("Chats") && window.shows("Contacts") && window.shows("Settings"));
    let asked = window.world.borrow();
    assert!(
        asked
            .commands
            .iter()
            .any(|(_, command)| *command == Command::ListConversations {})
    );
}

#[test]
fn a_weak_or_mistyped_passphrase_does_not_pass() {
    let mut window = Window::open(SIZE, false, &[]);
    window.press("Create an account");
    window.type_into("Name", "Ada");
    window.type_into("Passphrase", "password");
    window.type_into("Passphrase again", "password");
    assert!(window.shows("Guessed at once"));
    window.press("Create account");
    assert_eq!(window.wish(), None);
    let mut window = Window::open(SIZE, false, &[]);
    window.press("Create an account");
    window.type_into("Name", "Ada");
    window.type_into("Passphrase", STRONG);
    window.type_into("Passphrase again", "violet harbor");
    assert!(window.shows("This is not the same passphrase."));
    window.press("Create account");
    assert_eq!(window.wish(), None);
}

#[test]
fn a_failure_while_making_the_profile_is_told_and_nothing_typed_is_lost() {
    let mut window = Window::open(SIZE, false, &[]);
    fill_in(&mut window);
    window.press("Create account");
    window.press("Create account");
    assert_eq!(
        window.world.borrow().wishes.len(),
        1,
        "a second click asks nothing twice"
    );
    window.answer_wish(Err(ProfileFailure::DiskFull));
    assert!(window.shows("The disk is full."));
    window.press("Create account");
    window.answer_wish(made());
    assert!(window.shows("Write these words down"));
}

#[test]
fn the_chosen_picture_is_set_once_the_profile_is_open() {
    let mut window = Window::open(SIZE, false, &[]);
    window.press("Create an account");
    window.press("Choose a picture");
    assert_eq!(window.world.borrow().picks, 1);
    let png = include_bytes!("../../assets/icon.png").to_vec();
    window
        .world
        .borrow_mut()
        .incoming
        .push_back(Incoming::Picked(png));
    window.harness.run();
    window.type_into("Name", "Ada");
    window.type_into("Passphrase", STRONG);
    window.type_into("Passphrase again", STRONG);
    window.press("Create account");
    window.answer_wish(made());
    window.press("I wrote them down");
    let [one, two] = asked_back(WORDS);
    window.type_into(&format!("Word {}", one + 1), word(one));
    window.type_into(&format!("Word {}", two + 1), word(two));
    window.press("Finish");
    let asked = window.world.borrow();
    assert!(
        asked
            .commands
            .iter()
            .any(|(_, command)| matches!(command, Command::SetPicture { image: Some(_) }))
    );
}

#[test]
fn one_profile_is_offered_at_once_and_a_wrong_passphrase_can_be_typed_again() {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    assert!(window.shows("Ada"));
    window.type_into("Passphrase", "wrong");
    window.press("Unlock");
    window.answer_wish(Err(ProfileFailure::WrongPassphrase));
    assert!(window.shows("The passphrase is wrong, or the vault is damaged."));
    window.type_into("Passphrase", "!");
    assert!(!window.shows("The passphrase is wrong"), "typing again forgives");
    window.press("Unlock");
    assert!(
        matches!(window.wish(), Some(ProfileRequest::Unlock { passphrase, .. }) if passphrase.expose() == "wrong!")
    );
    window.answer_wish(Ok(ProfileReply::Opened {
        id: ProfileId("ada".to_owned()),
    }));
    assert!(window.shows("Contacts"));
}

#[test]
fn a_passphrase_of_many_words_is_not_cut() {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    let long = "violet harbour ".repeat(100);
    window.type_into("Passphrase", &long);
    window.press("Unlock");
    assert!(
        matches!(window.wish(), Some(ProfileRequest::Unlock { passphrase, .. }) if passphrase.expose() == long)
    );
}

#[test]
fn of_several_profiles_one_is_picked() {
    let mut window = Window::open(SIZE, true, &["Ada", "मीरा शर्मा"]);
    window.harness.get_by_label("मीरा शर्मा").click();
    window.harness.run();
    window.type_into("Passphrase", "words");
    window.press("Unlock");
    assert!(matches!(window.wish(), Some(ProfileRequest::Unlock { id, .. }) if id.0 == "मीरा शर्मा"));
    window.answer_wish(Err(ProfileFailure::OpenElsewhere));
    assert!(window.shows("open in another window"));
    window.press("Choose another profile");
    assert!(window.shows("Ada"));
    window.press("Add a profile");
    window.press("Open a profile on this computer");
    assert!(window.shows("Choose a profile to open."));
}

/// As after an account was restored beside a damaged profile.
#[test]
fn two_profiles_of_one_name_are_told_apart_by_their_folders() {
    let mut window = Window::open(SIZE, false, &["Ada", "Ada/ada-2", "Bob"]);
    assert!(!window.shows("In the folder bob"));
    window.harness.get_by_label("Ada, In the folder ada");
    window.harness.get_by_label("Ada, In the folder ada-2").click();
    window.harness.run();
    assert!(window.shows("In the folder ada-2"));
    window.type_into("Passphrase", "words");
    window.press("Unlock");
    assert!(matches!(window.wish(), Some(ProfileRequest::Unlock { id, .. }) if id.0 == "ada-2"));
    window.answer_wish(Err(ProfileFailure::WrongPassphrase));
    window.press("Delete this profile");
    assert!(window.shows("In the folder ada-2"));
}

#[test]
fn an_account_comes_back_from_its_words() {
    let mut window = Window::open(SIZE, false, &[]);
    window.press("Restore from 24 words");
    window.type_into("Recovery words", "legal winner");
    assert!(window.shows("2 of 24 words"));
    window.type_into("Recovery words", &WORDS["legal winner".len()..]);
    window.press("Continue");
    window.answer_wish(Err(ProfileFailure::UnknownWord { position: 5 }));
    assert!(window.shows("Word 5 is not a recovery word."));
    window.press("Continue");
    window.answer_wish(Ok(ProfileReply::Done));
    assert!(
        window.shows("cannot come back"),
        "what is lost is said before anything is done"
    );
    window.type_into("Name", "Ada");
    window.type_into("Passphrase", STRONG);
    window.type_into("Passphrase again", STRONG);
    window.press("Restore account");
    assert!(matches!(
        window.wish(),
        Some(ProfileRequest::Create { words: Some(_), .. })
    ));
    window.answer_wish(made());
    assert!(
        window.shows("Contacts"),
        "the words are known: they are not shown again"
    );
}

/// Clicks through every start screen and calls `look` on each.
fn each_start_screen(
    size: [f32; 2],
    dark: bool,
    language: Language,
    mut look: impl FnMut(&str, &mut Window),
) {
    let open = |profiles: &[&str]| Window::open_in(size, dark, language, profiles);
    let mut window = open(&[]);
    look("welcome", &mut window);
    window.press_unseen(&t!("welcome-create"));
    look("person", &mut window);
    window.type_into(&t!("name-label"), "Ada");
    window.type_into(&t!("passphrase-label"), STRONG);
    window.type_into(&t!("passphrase-again-label"), "violet no");
    look("person, passphrases differ", &mut window);
    let mut window = open(&[]);
    window.press_unseen(&t!("welcome-create"));
    window.type_into(&t!("name-label"), "Ada");
    window.type_into(&t!("passphrase-label"), STRONG);
    window.type_into(&t!("passphrase-again-label"), STRONG);
    window.press_unseen(&t!("person-create"));
    window.answer_wish(made());
    look("words", &mut window);
    window.press_unseen(&t!("words-written"));
    look("ask back", &mut window);
    let [one, two] = asked_back(WORDS);
    window.type_into(&t!("ask-back-word", number = one + 1), "wrong");
    window.type_into(&t!("ask-back-word", number = two + 1), "wrong");
    window.press_unseen(&t!("ask-back-done"));
    look("ask back, wrong", &mut window);
    let mut window = open(&[]);
    window.press_unseen(&t!("welcome-restore"));
    window.type_into(&t!("restore-words-label"), WORDS);
    look("restore", &mut window);
    window.press_unseen(&t!("continue"));
    window.answer_wish(Err(ProfileFailure::WordChecksum));
    look("restore, wrong words", &mut window);
    window.press_unseen(&t!("continue"));
    window.answer_wish(Ok(ProfileReply::Done));
    look("restore, person", &mut window);
    let mut window = open(&[
        "Ada",
        "मीरा शर्मा",
        "Søren Kierkegaard-Bartholomew von und zu Hohenstein",
    ]);
    look("pick", &mut window);
    let mut window = open(&["Ada", "Ada/ada-2", "Ada/restored-from-24-words-on-the-new-laptop"]);
    look("pick, same name", &mut window);
    let mut window = open(&["Søren Kierkegaard-Bartholomew von und zu Hohenstein"]);
    window.type_into(&t!("unlock-passphrase"), "wrong");
    window.press_unseen(&t!("unlock-open"));
    window.answer_wish(Err(ProfileFailure::WrongPassphrase));
    look("unlock, wrong passphrase", &mut window);
}

#[test]
fn nothing_is_unnamed_clipped_or_overlapping_on_any_start_screen() {
    let mut all = Vec::new();
    for size in [[360.0, 480.0], [800.0, 600.0], [1_600.0, 1_000.0]] {
        for dark in [false, true] {
            for language in Language::ALL {
                each_start_screen(size, dark, language, |name, window| {
                    all.extend(
                        tree::faults(&mut window.harness, size, !dark)
                            .into_iter()
                            .map(|fault| format!("{name} {size:?} {language:?} dark={dark}: {fault}")),
                    );
                });
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Writes every start screen as a picture into the folder `KITH_PICTURES`, for eyes to look at.
#[test]
fn pictures_for_eyes() {
    let Some(folder) = std::env::var_os("KITH_PICTURES") else {
        return;
    };
    for (size, dark, language) in tree::for_eyes(&Language::ALL) {
        each_start_screen(size, dark, language, |name, window| {
            let theme = if dark { "dark" } else { "light" };
            let file = format!("start-{name}-{}-{theme}-{language:?}.png", size[0]).replace([' ', ','], "-");
            let path = std::path::Path::new(&folder).join(file);
            window.harness.render().unwrap().save(path).unwrap();
        });
    }
}

#[test]
fn nothing_is_painted_while_nothing_happens() {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    let rest = |window: &Window| {
        let output = window.harness.output();
        output
            .viewport_output
            .values()
            .map(|viewport| viewport.repaint_delay)
            .min()
            .unwrap()
    };
    assert!(
        rest(&window).as_secs() >= 10,
        "the unlock screen repaints after {:?}",
        rest(&window)
    );
    window.type_into("Passphrase", "words");
    window.press("Unlock");
    window.answer_wish(Ok(ProfileReply::Opened {
        id: ProfileId("ada".to_owned()),
    }));
    assert!(
        rest(&window).as_secs() >= 10,
        "the open app repaints after {:?}",
        rest(&window)
    );
}

#[test]
fn a_window_that_would_not_come_back_is_not_locked_and_says_what_to_do() {
    let mut window = Window::open(SIZE, false, &["Ada"]);
    window.type_into("Passphrase", STRONG);
    window.press("Unlock");
    window.answer_wish(Ok(ProfileReply::Opened {
        id: ProfileId("ada".to_owned()),
    }));
    window.world.borrow_mut().program_gone = true;
    let refused = [
        ("Lock", "Quit Kith to lock it"),
        ("Open another profile", "No other window could be opened"),
    ];
    for (chosen, said) in refused {
        window.press("Your profile");
        window
            .harness
            .get_by_role_and_label(egui::accesskit::Role::MenuItem, chosen)
            .click();
        window.harness.run();
        assert!(window.shows(said), "{chosen}");
    }
    assert!(window.shows("Contacts"), "it is still open");
}

#[test]
fn a_profile_that_cannot_be_unlocked_can_be_deleted_by_its_name() {
    let mut window = Window::open(SIZE, false, &["Ada", "Ben"]);
    window.harness.get_by_label("Ben").click();
    window.harness.run();
    assert!(!window.shows("Delete this profile"), "nothing has failed yet");
    window.type_into("Passphrase", "forgotten");
    window.press("Unlock");
    window.answer_wish(Err(ProfileFailure::WrongPassphrase));
    window.press_unseen("Delete this profile");
    window.type_into("Type the name “Ben” to go on", "Be");
    window.press("Delete for good");
    assert_eq!(window.wish(), None, "the name is not whole");
    window.type_into("Type the name “Ben” to go on", "n");
    window.press("Delete for good");
    assert!(matches!(window.wish(), Some(ProfileRequest::DeleteLocked { id }) if id.0 == "ben"));
    window.answer_wish(Ok(ProfileReply::Deleted));
    assert!(window.shows("The profile was deleted"));
    assert_eq!(window.wish(), Some(ProfileRequest::List));
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window does not read it".to_owned())
    }
}

#[test]
fn a_picture_can_be_named_or_dropped_where_nothing_comes_up_to_choose_from() {
    let mut window = Window::open(SIZE, false, &[]);
    window.press("Create an account");
    assert!(!window.shows("File of the picture"));
    window.press("Choose a picture");
    let nothing = Incoming::PickFailed(PickFailure::Nothing);
    window.world.borrow_mut().incoming.push_back(nothing);
    window.harness.run();
    assert!(window.shows("If nothing came up to choose from"));
    window.type_into("File of the picture", "/pictures/me.png");
    window.press("Use this picture");
    let dropped = std::sync::Arc::new(Dropped("/pictures/other.png".into()));
    window.harness.input_mut().dropped_files.push(dropped);
    window.harness.run();
    let asked = window.world.borrow().pictures.clone();
    let paths: Vec<_> = asked
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    assert_eq!(paths, ["/pictures/me.png", "/pictures/other.png"]);
    let png = include_bytes!("../../assets/icon.png").to_vec();
    window
        .world
        .borrow_mut()
        .incoming
        .push_back(Incoming::Picked(png));
    window.harness.run();
    assert!(!window.shows("File of the picture"), "it is chosen");
}
