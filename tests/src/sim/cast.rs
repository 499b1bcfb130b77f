//! Who is in a story: how many people, and which of them know one another.

use kith_crypto::ConversationId;

use super::dice::Dice;

/// More names than any story has people.
const NAMES: [&str; 16] = [
    "Asha", "Ben", "Chandra", "Dana", "Esi", "Farid", "Gita", "Hugo", "Ines", "Jon", "Kamala", "Lars",
    "Mira", "Nils", "Omar", "Priya",
];

/// Two people who talk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chat {
    /// By their numbers.
    pub members: [usize; 2],
    /// Their conversation.
    pub id: ConversationId,
}

/// The people of a story by number, and the pairs of them that talk. Everyone talks to somebody.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    /// Their names.
    pub names: Vec<&'static str>,
    /// The pairs.
    pub pairs: Vec<[usize; 2]>,
}

/// Draws how many there are, and who knows whom: a tree, and often a friend in common.
pub(super) fn draw(dice: &mut Dice) -> Cast {
    let people = match dice.below(100) {
        0..30 => 2,
        30..65 => 3,
        65..85 => 4,
        85..95 => dice.between(5, 8),
        _ => dice.between(9, NAMES.len() as u64),
    };
    let names: Vec<&str> = NAMES
        .iter()
        .copied()
        .take(usize::try_from(people).unwrap_or(2))
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
    Cast { names, pairs }
}
