//! Who is in a story: how many people, which of them know one another, and which of these talk in groups.

use std::collections::BTreeSet;

use kith_crypto::ConversationId;

use super::dice::Dice;

/// As many names as the largest story has people.
const NAMES: [&str; 64] = [
    "Asha", "Ben", "Chandra", "Dana", "Esi", "Farid", "Gita", "Hugo", "Ines", "Jon", "Kamala", "Lars",
    "Mira", "Nils", "Omar", "Priya", "Qadir", "Rosa", "Sami", "Tara", "Uma", "Vera", "Wim", "Xenia", "Yusuf",
    "Zoe", "Amit", "Bela", "Ciro", "Dev", "Elif", "Finn", "Gopal", "Hana", "Ivo", "Jaya", "Kofi", "Lina",
    "Manu", "Nora", "Oleg", "Pia", "Quim", "Ravi", "Sven", "Tove", "Uli", "Vikram", "Wanda", "Xaver", "Ylva",
    "Zain", "Anu", "Bo", "Cleo", "Dara", "Emre", "Fay", "Gil", "Hedy", "Ira", "Juno", "Kira", "Leo",
];

/// The most people in a group.
const MOST_MEMBERS: usize = 8;

/// People who talk: two who are contacts, or a group, whose founder comes first.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    /// By their numbers.
    pub members: Vec<usize>,
    /// Their conversation; of a group nothing until it has begun.
    pub id: Option<ConversationId>,
}

impl Chat {
    /// Whether it is that of two contacts.
    pub fn is_direct(&self) -> bool {
        self.members.len() == 2
    }
}

/// The people of a story by number, and who of them talks with whom. Everyone talks to somebody.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// Their names.
    pub names: Vec<&'static str>,
    /// The pairs of contacts.
    pub pairs: Vec<[usize; 2]>,
    /// The groups, each with its founder first.
    pub groups: Vec<Vec<usize>>,
}

impl Cast {
    /// How many conversations there are: the pairs first, then the groups.
    pub fn chats(&self) -> usize {
        self.pairs.len() + self.groups.len()
    }

    /// Who belongs to a conversation.
    pub fn members(&self, chat: usize) -> &[usize] {
        match self.pairs.get(chat) {
            Some(pair) => pair,
            None => &self.groups[chat - self.pairs.len()],
        }
    }
}

/// Draws how many there are, and who knows whom: a tree, and often a friend in common. One story in twenty is large.
pub(super) fn draw(dice: &mut Dice) -> Cast {
    let people = match dice.below(100) {
        0..52 => 3,
        52..75 => 4,
        75..90 => dice.between(5, 8),
        90..95 => dice.between(9, 16),
        _ => NAMES.len() as u64,
    };
    let names: Vec<&str> = NAMES
        .iter()
        .copied()
        .take(usize::try_from(people).unwrap_or(3))
        .collect();
    let mut pairs = Vec::new();
    for guest in 1..names.len() {
        let host = usize::try_from(dice.below(guest as u64)).unwrap_or(0);
        pairs.push([host, guest]);
    }
    for _ in 0..dice.below(3) {
        let (a, b) = (dice.below(people), dice.below(people));
        let pair = [a.min(b), a.max(b)].map(|number| usize::try_from(number).unwrap_or(0));
        if a != b && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    let groups = (0..dice.pick(&[1, 1, 1, 2], 1))
        .filter_map(|_| group(names.len(), &pairs, dice))
        .collect();
    Cast { names, pairs, groups }
}

/// Somebody who has two contacts at least, and some of them.
fn group(people: usize, pairs: &[[usize; 2]], dice: &mut Dice) -> Option<Vec<usize>> {
    let contacts_of = |node: usize| -> Vec<usize> {
        let theirs = pairs.iter().filter(|pair| pair.contains(&node));
        theirs.map(|pair| pair[usize::from(pair[0] == node)]).collect()
    };
    let founders: Vec<usize> = (0..people).filter(|node| contacts_of(*node).len() >= 2).collect();
    let founder = *founders.get(usize::try_from(dice.below(founders.len() as u64)).unwrap_or(0))?;
    let contacts = contacts_of(founder);
    let most = contacts.len().min(MOST_MEMBERS - 1) as u64;
    let size = usize::try_from(dice.between(2, most)).unwrap_or(2);
    let mut members = BTreeSet::new();
    while members.len() < size {
        members.insert(dice.pick(&contacts, contacts[0]));
    }
    let mut group = vec![founder];
    group.extend(members);
    Some(group)
}
