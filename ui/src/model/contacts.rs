//! Everyone we know, by name, and the invite links we handed out.

use std::collections::HashMap;

use kith_node::id::AccountId;
use kith_node::view::{ContactView, InviteView};

use super::conversations::name_matches;

/// All contacts.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    all: Vec<ContactView>,
    loaded: bool,
}

impl Contacts {
    /// Whether the list has been answered once.
    pub fn loaded(&self) -> bool {
        self.loaded
    }

    /// Takes the whole list.
    pub fn replace(&mut self, all: Vec<ContactView>) {
        self.loaded = true;
        self.all = all;
        self.sort();
    }

    /// Takes one contact that is new or changed.
    pub fn apply(&mut self, contact: ContactView) {
        match self.all.iter_mut().find(|have| have.account == contact.account) {
            Some(have) => *have = contact,
            None => self.all.push(contact),
        }
        self.sort();
    }

    /// A contact is gone.
    pub fn remove(&mut self, account: AccountId) {
        self.all.retain(|contact| contact.account != account);
    }

    fn sort(&mut self) {
        self.all
            .sort_by_cached_key(|contact| (contact.name.to_lowercase(), contact.account));
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &ContactView> {
        self.all.iter()
    }

    /// One contact.
    pub fn get(&self, account: AccountId) -> Option<&ContactView> {
        self.all.iter().find(|contact| contact.account == account)
    }

    /// Those whose name has a word that begins with each word of the query.
    pub fn matching(&self, query: &str) -> Vec<&ContactView> {
        self.all
            .iter()
            .filter(|contact| name_matches(&contact.name, query))
            .collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The name, with four characters of the key behind it where two contacts have the same name.
    pub fn shown_name(&self, contact: &ContactView) -> String {
        let same = |other: &&ContactView| other.name.to_lowercase() == contact.name.to_lowercase();
        let collides = self
            .all
            .iter()
            .filter(same)
            .any(|other| other.account != contact.account);
        if collides {
            format!("{}·{}", contact.name, contact.fingerprint)
        } else {
            contact.name.clone()
        }
    }
}

/// The invite links of ours, newest first.
#[derive(Clone, Debug, Default)]
pub struct Invites {
    all: HashMap<String, InviteView>,
    loaded: bool,
}

impl Invites {
    /// Whether the node has told them.
    pub fn loaded(&self) -> bool {
        self.loaded
    }

    /// Takes the whole list.
    pub fn replace(&mut self, all: Vec<InviteView>) {
        self.loaded = true;
        self.all = all
            .into_iter()
            .map(|invite| (invite.id.clone(), invite))
            .collect();
    }

    /// Takes one invite that is new or changed.
    pub fn apply(&mut self, invite: InviteView) {
        self.all.insert(invite.id.clone(), invite);
    }

    /// One invite.
    pub fn get(&self, id: &str) -> Option<&InviteView> {
        self.all.get(id)
    }

    /// Newest first.
    pub fn newest_first(&self) -> Vec<&InviteView> {
        let mut all: Vec<_> = self.all.values().collect();
        all.sort_by(|one, other| (other.created_at_ms, &one.id).cmp(&(one.created_at_ms, &other.id)));
        all
    }
}

#[cfg(test)]
mod tests {
    use kith_node::view::InviteState;

    use super::*;
    use crate::model::testing::contact;

    #[test]
    fn contacts_stand_by_name_whatever_the_case() {
        let mut contacts = Contacts::default();
        contacts.replace(vec![contact(1, "zoe"), contact(2, "Ana"), contact(3, "bo")]);
        let names: Vec<_> = contacts.iter().map(|contact| contact.name.as_str()).collect();
        assert_eq!(names, ["Ana", "bo", "zoe"]);
        contacts.apply(contact(2, "Änne"));
        contacts.remove(contact(3, "bo").account);
        assert_eq!(contacts.len(), 2);
        assert_eq!(contacts.get(contact(2, "").account).unwrap().name, "Änne");
    }

    #[test]
    fn equal_names_show_four_characters_of_their_keys() {
        let mut contacts = Contacts::default();
        contacts.replace(vec![contact(1, "Ana"), contact(2, "ana"), contact(3, "Bo")]);
        let ana = contact(1, "Ana");
        assert_eq!(contacts.shown_name(&ana), format!("Ana·{}", ana.fingerprint));
        assert_eq!(contacts.shown_name(&contact(3, "Bo")), "Bo");
    }

    #[test]
    fn invites_stand_newest_first_and_change_in_place() {
        let invite = |id: &str, created_at_ms, state| InviteView {
            id: id.into(),
            link: format!("kith:{id}"),
            created_at_ms,
            expires_at_ms: created_at_ms + 1,
            state,
        };
        let mut invites = Invites::default();
        invites.replace(vec![
            invite("a", 1, InviteState::Open),
            invite("b", 2, InviteState::Open),
        ]);
        invites.apply(invite("a", 1, InviteState::Revoked));
        let ids: Vec<_> = invites
            .newest_first()
            .iter()
            .map(|invite| invite.id.as_str())
            .collect();
        assert_eq!(ids, ["b", "a"]);
        assert_eq!(invites.get("a").unwrap().state, InviteState::Revoked);
    }
}
