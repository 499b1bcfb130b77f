//! A person begins a group.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, Control, ConversationId, check_name};

use super::{FEWEST_MEMBERS, MOST_GROUPS, MOST_MEMBERS, founding, inviting};
use crate::{
    command::Reply,
    contacts,
    conversations::{append, view},
    epochs,
    error::CommandError,
    own,
    records::Group,
    turn::{Step, Turn},
};

/// Begins a group of ourselves and some contacts, and invites those who are linked.
pub(crate) fn create(turn: &mut Turn, name: &str, contacts: &[AccountId]) -> Step<Reply> {
    let name = name.trim().to_owned();
    check_name(&name).map_err(|reason| CommandError::BadGroupName {
        reason: reason.to_string(),
    })?;
    let members = members(turn, contacts)?;
    if own::profile(turn)?.outdated {
        return Err(CommandError::OutdatedCopy.into());
    }
    if inviting::taken(turn)? >= MOST_GROUPS {
        return Err(CommandError::OutOfRange {
            what: "groups".into(),
            min: 0,
            max: MOST_GROUPS as u64,
        }
        .into());
    }
    let mut nonce = [0; 32];
    turn.rng.fill_bytes(&mut nonce);
    let id = ConversationId::group(turn.device(), &nonce, &members);
    let group = Group {
        name: name.clone(),
        founder: turn.me.account,
        founding: turn.device(),
        members: members.clone(),
        left: Vec::new(),
    };
    let mut conversation = founding::begin(turn, id, group)?;
    let open = Control::Open {
        nonce,
        accounts: members,
    };
    let open = append::control(turn, &conversation, &open)?;
    append::control(turn, &conversation, &Control::Name { name })?;
    let me = turn.me.account;
    founding::show(turn, &mut conversation, &open.header, me)?;
    epochs::rekey_if_needed(turn, &mut conversation)?;
    for account in conversation.others(&me) {
        for device in turn.live.linked(&account) {
            inviting::send(turn, device, &conversation)?;
        }
    }
    view::emit_conversation(turn, &conversation)?;
    Ok(Reply::Conversation(Box::new(view::conversation(
        turn,
        &conversation,
    )?)))
}

/// Everyone who is to belong to it, ourselves included, in order.
fn members(turn: &Turn, contacts: &[AccountId]) -> Step<Vec<AccountId>> {
    if !(FEWEST_MEMBERS - 1..MOST_MEMBERS).contains(&contacts.len()) {
        return Err(CommandError::OutOfRange {
            what: "members".into(),
            min: FEWEST_MEMBERS as u64 - 1,
            max: MOST_MEMBERS as u64 - 1,
        }
        .into());
    }
    let mut members = BTreeSet::from([turn.me.account]);
    for account in contacts {
        if !members.insert(*account) {
            return Err(CommandError::NamedTwice.into());
        }
        contacts::must_be_accepted(turn, account)?;
    }
    Ok(members.into_iter().collect())
}
