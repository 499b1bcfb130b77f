//! Stories by chance: two write, delete, think again, cancel, set timers, part, meet and restart, while gossip is lost or comes
//! late. When all is mended nobody shows or holds what was deleted or has expired, and nothing else is missing.

use std::collections::{BTreeMap, BTreeSet};

use kith_node::{
    Command, Position, Reply,
    effects::Transmit,
    store::MemoryStore,
    view::{BodyView, DeleteFor, DeliveryState, MessageView},
};
use kith_tests::{
    deletions::{
        FINAL_MS, Talk,
        Who::{self, Alice, Bob},
    },
    fates::{End, Fate},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

const STORIES: u64 = 120;
const ACTS: usize = 40;
/// How long messages stay where a timer is on, seconds.
const TIMER_S: u32 = 20;

struct Story<'s> {
    talk: Talk<'s>,
    dice: ChaCha20Rng,
    seed: u64,
    fates: BTreeMap<String, Fate<Who>>,
    /// Gossip that comes later, or again.
    late: Vec<(Who, Transmit)>,
}

fn text_of(row: &MessageView) -> Option<&str> {
    match &row.body {
        BodyView::Text { text } => Some(text),
        _ => None,
    }
}

impl Story<'_> {
    fn below(&mut self, end: u64) -> u64 {
        self.dice.next_u64() % end
    }

    fn someone(&mut self) -> Who {
        if self.below(2) == 0 { Alice } else { Bob }
    }

    fn acts(&mut self) {
        let who = self.someone();
        match self.below(100) {
            0..38 => self.says(who),
            38..58 => self.deletes(who),
            58..62 => self.cancels(who),
            62..66 => self.sets_timer(who),
            66..74 => self.talk.parts(),
            74..84 => self.talk.meets(),
            84..88 => self.talk.restarts(who),
            88..92 => self.talk.reads(who),
            92..94 => self.hears_late(),
            _ => {
                let ms = self.below(14_000);
                self.talk.passes(ms);
            }
        }
    }

    fn says(&mut self, who: Who) {
        let text = format!("<{} of {}>", self.fates.len(), self.seed);
        let wishes = self.talk.says_unheard(who, &text);
        let row = self
            .talk
            .rows(who)
            .into_iter()
            .find(|row| text_of(row) == Some(&text));
        let fate = Fate {
            expires: row.is_some_and(|row| row.expires_at_ms.is_some()),
            ..Fate::of(who)
        };
        self.fates.insert(text, fate);
        let mut heard = Vec::new();
        for wish in wishes {
            let is_gossip = matches!(wish, Transmit::Publish { .. });
            match if is_gossip { self.below(4) } else { 3 } {
                0 => {}
                1 => self.late.push((who, wish)),
                2 => {
                    self.late.push((who, wish.clone()));
                    heard.push(wish);
                }
                _ => heard.push(wish),
            }
        }
        if self.talk.is_linked() {
            self.talk.arrives(who, heard);
        }
    }

    fn row(&mut self, who: Who) -> Option<(Position, String, bool)> {
        let rows = self.talk.rows(who).into_iter();
        let texts = rows.filter_map(|row| Some((row.position, text_of(&row)?.to_owned(), row.mine)));
        let texts: Vec<_> = texts.collect();
        let number = self.below(texts.len().max(1) as u64);
        texts.into_iter().nth(number as usize)
    }

    fn deletes(&mut self, who: Who) {
        let Some((position, text, mine)) = self.row(who) else {
            return;
        };
        let everyone = mine && self.below(3) > 0;
        let command = Command::DeleteMessages {
            conversation: self.talk.conversation,
            positions: vec![position],
            scope: if everyone {
                DeleteFor::Everyone
            } else {
                DeleteFor::Me
            },
        };
        let Ok(Reply::Deletion(deletion)) = self.talk.tries(who, command) else {
            // Too often, after a while.
            return self.talk.passes(20_000);
        };
        if self.below(4) == 0 {
            let ms = self.below(FINAL_MS - 1);
            self.talk.passes(ms);
            let undo = Command::UndoDelete {
                deletion: deletion.id,
            };
            self.talk.does(who, undo);
            return;
        }
        let fate = self.fates.get_mut(&text).expect("it was written");
        if everyone {
            fate.everyone = true;
        } else {
            fate.mine.push(who);
        }
    }

    fn cancels(&mut self, who: Who) {
        if let Some((position, text, true)) = self.row(who) {
            let command = Command::CancelMessage {
                conversation: self.talk.conversation,
                position,
            };
            if self.talk.tries(who, command).is_ok() {
                self.fates.get_mut(&text).expect("it was written").everyone = true;
            }
        }
    }

    fn sets_timer(&mut self, who: Who) {
        let seconds = if self.below(2) == 0 { 0 } else { TIMER_S };
        let command = Command::SetTimer {
            conversation: self.talk.conversation,
            seconds,
        };
        drop(self.talk.tries(who, command));
    }

    fn hears_late(&mut self) {
        if self.talk.is_linked() {
            for (from, wish) in std::mem::take(&mut self.late) {
                self.talk.arrives(from, vec![wish]);
            }
        }
    }

    fn is_mended(&mut self) {
        let late = self.late.clone();
        self.talk.meets();
        self.hears_late();
        self.talk.passes(FINAL_MS * 2);
        for who in [Alice, Bob] {
            self.talk.restarts(who);
        }
        self.talk.meets();
        self.late = late;
        self.hears_late();
        self.talk.passes(u64::from(TIMER_S) * 1_000 + 60_000);
        for who in [Alice, Bob] {
            self.is_right(who);
        }
        let [hers, his] = [Alice, Bob].map(|who| self.texts(who));
        let both: BTreeSet<_> = hers.iter().filter(|text| his.contains(text)).collect();
        let order = |texts: &[String]| -> Vec<String> {
            texts.iter().filter(|text| both.contains(text)).cloned().collect()
        };
        assert_eq!(order(&hers), order(&his), "story {}", self.seed);
    }

    fn texts(&mut self, who: Who) -> Vec<String> {
        let rows = self.talk.rows(who);
        rows.iter().filter_map(text_of).map(str::to_owned).collect()
    }

    fn is_right(&mut self, who: Who) {
        let seed = self.seed;
        let shown = self.texts(who);
        for (text, fate) in &self.fates {
            let is_right = match fate.end_for(&who) {
                End::Gone => !shown.contains(text),
                End::Shown => shown.contains(text),
                End::Open => true,
            };
            assert!(
                is_right,
                "story {seed}: {who:?} of {text}, {fate:?}, sees {shown:?}"
            );
            assert_eq!(
                shown.contains(text),
                self.talk.holds(who, text),
                "story {seed}: what {who:?} holds of {text} {fate:?}"
            );
        }
        let rows = self.talk.rows(who);
        for row in &rows {
            let known = matches!(
                row.body,
                BodyView::Text { .. } | BodyView::Deleted | BodyView::Timer { .. } | BodyView::ContactAdded
            );
            assert!(known, "story {seed}: {row:?}");
            let delivered =
                !row.mine || text_of(row).is_none() || row.state >= Some(DeliveryState::Delivered);
            assert!(delivered, "story {seed}: {row:?}");
        }
        let page = self.talk.unread_page(who);
        let from = page.first_unread.unwrap_or(Position::MAX);
        let counted = rows
            .iter()
            .filter(|row| !row.mine && text_of(row).is_some() && row.position >= from);
        let chat = self.talk.chat(who);
        assert_eq!(
            chat.unread as usize,
            counted.count(),
            "story {seed}: unread of {who:?}"
        );
        assert_eq!(
            chat.last.map(|last| last.id),
            rows.last().map(|last| last.id),
            "story {seed}"
        );
        self.talk.reads(who);
        assert_eq!(
            self.talk.chat(who).unread,
            0,
            "story {seed}: {who:?} has read everything"
        );
    }
}

#[test]
fn whatever_happens_what_was_deleted_is_gone_and_the_rest_is_there() {
    for seed in 0..STORIES {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let mut story = Story {
            talk: Talk::begins(&a, &b),
            dice: ChaCha20Rng::seed_from_u64(seed),
            seed,
            fates: BTreeMap::new(),
            late: Vec::new(),
        };
        for _ in 0..ACTS {
            story.acts();
        }
        story.is_mended();
    }
}
