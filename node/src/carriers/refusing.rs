//! Contacts who may not leave mail for us: the owner takes back their tokens, and its carriers honour them no longer.
//!
//! A token stands on its own, so taking it back takes a word to the carrier: the owner names what its senders were called
//! (`Refused`), on each link anew. Whoever is let again gets another name, which nobody can tie to the old one.

use kith_crypto::{AccountId, DepositToken, DeviceId, MailboxId, SenderName, SenderSecret};

use super::holding;
use crate::{
    contacts::introduction,
    error::CommandError,
    frame::Frame,
    input::Lane,
    records::{Carrier, RefusedSenders, SenderRule},
    turn::{Fault, Step, Turn},
};

/// The most names that a mailbox refuses: as often a token can be taken back.
const MOST_REFUSED: usize = 256;

/// Lets a contact leave mail for us, or no longer.
pub(crate) fn allow(turn: &mut Turn, account: AccountId, allowed: bool) -> Step {
    let mut rule = rule(turn, &account)?;
    if rule.refused != allowed {
        return Ok(());
    }
    if allowed {
        rule.secret = Some(SenderSecret::generate(turn.rng));
    } else {
        if named(turn)? >= MOST_REFUSED {
            return Err(CommandError::OutOfRange {
                what: "times that mail was refused".into(),
                min: 0,
                max: MOST_REFUSED as u64,
            }
            .into());
        }
        let current = secret(turn, &rule)?;
        rule.past.push(current);
    }
    rule.refused = !allowed;
    turn.save(&rule)?;
    for carrier in turn.all::<Carrier>(&Carrier::scope())? {
        for device in turn.live.linked(&carrier.account) {
            tell(turn, device, &carrier.account)?;
        }
    }
    introduction::send_to_all(turn)?;
    super::commands::emit(turn)
}

fn rule(turn: &Turn, account: &AccountId) -> Step<SenderRule> {
    let known = turn.load(&SenderRule::at(account))?;
    Ok(known.unwrap_or(SenderRule {
        account: *account,
        refused: false,
        secret: None,
        past: Vec::new(),
    }))
}

fn rules(turn: &Turn) -> Step<Vec<SenderRule>> {
    turn.all(&SenderRule::scope())
}

fn named(turn: &Turn) -> Step<usize> {
    Ok(rules(turn)?.iter().map(|rule| rule.past.len()).sum())
}

fn secret(turn: &mut Turn, rule: &SenderRule) -> Step<SenderSecret> {
    match &rule.secret {
        Some(secret) => Ok(secret.clone()),
        None => Ok(super::settings(turn)?.senders),
    }
}

/// The secret behind the name of a contact; `None` if it may leave nothing.
pub(crate) fn secret_for(turn: &mut Turn, account: &AccountId) -> Step<Option<SenderSecret>> {
    let rule = rule(turn, account)?;
    if rule.refused {
        return Ok(None);
    }
    secret(turn, &rule).map(Some)
}

/// Who may leave nothing.
pub(crate) fn accounts(turn: &Turn) -> Step<Vec<AccountId>> {
    let mut accounts: Vec<AccountId> = rules(turn)?
        .iter()
        .filter(|rule| rule.refused)
        .map(|rule| rule.account)
        .collect();
    accounts.sort_unstable();
    Ok(accounts)
}

/// Tells a linked carrier which names of its mailbox are honoured no longer, if there are any.
pub(crate) fn tell(turn: &mut Turn, device: DeviceId, account: &AccountId) -> Step {
    let Some(carrier) = turn.load::<Carrier>(&Carrier::at(account))? else {
        return Ok(());
    };
    let Some((_, grant)) = carrier.grants.iter().find(|(of, _)| *of == device) else {
        return Ok(());
    };
    let senders = names(turn, grant.mailbox)?;
    if senders.is_empty() {
        return Ok(());
    }
    turn.send(device, Lane::Control, &Frame::Refused { senders })
}

fn names(turn: &Turn, mailbox: MailboxId) -> Step<Vec<SenderName>> {
    let mut names = Vec::new();
    for rule in rules(turn)? {
        let past = rule.past.iter();
        names.extend(past.map(|secret| secret.name(mailbox, rule.account)));
    }
    Ok(names)
}

/// The owner of a mailbox that we keep says whose tokens it took back.
pub(crate) fn told(turn: &mut Turn, owner: &AccountId, senders: Vec<SenderName>) -> Step {
    if senders.len() > MOST_REFUSED {
        return Err(Fault::Peer("more refused senders than there may be"));
    }
    let Some(mailbox) = holding::mailbox_of(turn, owner)? else {
        return Ok(());
    };
    turn.save(&RefusedSenders {
        mailbox: mailbox.mailbox,
        senders,
    })
}

/// Whether the owner took this token back.
pub(crate) fn is_refused(turn: &Turn, token: &DepositToken) -> Step<bool> {
    let known = turn.load::<RefusedSenders>(&RefusedSenders::at(&token.mailbox))?;
    Ok(known.is_some_and(|known| known.senders.contains(&token.sender)))
}
