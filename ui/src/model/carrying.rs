//! Who keeps mail for whom, as views ask for it.

use kith_node::id::AccountId;
use kith_node::view::{BodyView, CarrierView, CarryingView, ContactState, ConversationView, MailboxView};

use super::timeline::Timeline;

/// For how long after two met they are asked whether they keep mail for one another.
const FRESH_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// What is asked of the person in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// They met lately: shall both keep mail for one another?
    Both,
    /// The contact offers it: shall it count, and both ways?
    Answer,
}

/// What is carried; nothing until the node has answered.
#[derive(Clone, Debug, Default)]
pub struct Carrying {
    /// As the node tells it.
    pub view: Option<CarryingView>,
}

impl Carrying {
    /// How this contact stands to keeping mail for us.
    pub fn carrier(&self, account: AccountId) -> Option<&CarrierView> {
        let carriers = &self.view.as_ref()?.carriers;
        carriers.iter().find(|carrier| carrier.account == account)
    }

    /// What we keep for this contact.
    pub fn mailbox(&self, account: AccountId) -> Option<&MailboxView> {
        let mailboxes = &self.view.as_ref()?.mailboxes;
        mailboxes.iter().find(|mailbox| mailbox.account == account)
    }

    /// Whether somebody keeps mail for this contact, so that what we write to them while they are away can wait there.
    pub fn reaches(&self, account: AccountId) -> bool {
        let view = self.view.as_ref();
        view.is_some_and(|view| view.reachable_through.contains(&account))
    }

    /// What to ask the person in this conversation, until they have answered either way. Nobody is asked about old
    /// acquaintances, nor while keeping mail is turned off.
    pub fn offer(&self, chat: &ConversationView, timeline: Option<&Timeline>, now_ms: u64) -> Option<Offer> {
        let contact = chat.contact()?;
        let view = self.view.as_ref()?;
        if contact.state != ContactState::Accepted || contact.alarmed || view.max_mb == 0 {
            return None;
        }
        let carrier = self.carrier(contact.account);
        if carrier.is_some_and(|carrier| carrier.decided || carrier.used) {
            return None;
        }
        if carrier.is_some_and(|carrier| carrier.offered) {
            return Some(Offer::Answer);
        }
        let met_lately = timeline?.rows().iter().any(|row| {
            matches!(row.body, BodyView::ContactAdded) && now_ms.saturating_sub(row.at_ms) < FRESH_MS
        });
        (met_lately && self.mailbox(contact.account).is_none()).then_some(Offer::Both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{BOB, carrying, chat, contact_of};

    #[test]
    fn who_has_chosen_is_not_asked_again() {
        let mut bob = chat(1, "Bob", 1);
        contact_of(&mut bob).account = BOB;
        let mut model = Carrying {
            view: Some(carrying()),
        };
        assert_eq!(model.offer(&bob, None, 0), None, "they met long ago");
        let offers = CarrierView {
            account: BOB,
            offered: true,
            used: false,
            decided: false,
            max_bytes: Some(50_000_000),
            days: Some(7),
        };
        if let Some(view) = &mut model.view {
            view.carriers = vec![offers.clone()];
        }
        assert_eq!(model.offer(&bob, None, 0), Some(Offer::Answer));
        if let Some(view) = &mut model.view {
            view.carriers = vec![CarrierView {
                decided: true,
                ..offers
            }];
        }
        assert_eq!(model.offer(&bob, None, 0), None);
    }
}
