//! Whether what a device says it holds of a log of ours can be so.
//!
//! A claim names the entry at its end. Numbers alone would not do: when an old copy of our folder is put back and written
//! to, what it writes takes numbers that the contact knows under other entries. A claim that does not fit is therefore no
//! acknowledgement of anything.

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, DeviceId, EntryId, Holding, LogId, SignedHeader};

use super::owner;
use crate::{
    records::{Conversation, EntryRecord, LogRecord, content_log},
    turn::{Step, Turn},
};

/// How a claim about a log stands to what we hold of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Everything up to its end is the same here and there.
    Fits,
    /// It goes further than what we hold without a gap.
    Ahead,
    /// Another entry stands there than here.
    Contradicts,
}

/// Weighs a claim to hold everything up to `seq`, at which `head` stands.
pub(crate) fn weigh(
    turn: &Turn,
    conversation: &ConversationId,
    log: &LogId,
    (seq, head): (u64, Option<EntryId>),
) -> Step<Claim> {
    if seq == 0 {
        return Ok(Claim::Fits);
    }
    let ours = entry_id(turn, conversation, log, seq)?;
    if ours.is_some() && ours != head {
        return Ok(Claim::Contradicts);
    }
    let known = turn.load::<LogRecord>(&LogRecord::at(conversation, log))?;
    let reached = known.is_some_and(|known| known.contiguous >= seq);
    Ok(match ours {
        Some(_) if reached => Claim::Fits,
        _ => Claim::Ahead,
    })
}

/// What the entry under a number is called, if we hold it.
pub(crate) fn entry_id(
    turn: &Turn,
    conversation: &ConversationId,
    log: &LogId,
    seq: u64,
) -> Step<Option<EntryId>> {
    let record = turn.load::<EntryRecord>(&EntryRecord::at(conversation, log, seq))?;
    let header = record.map(|record| SignedHeader::open_trusted(&record.header));
    Ok(header.transpose()?.map(|header| header.id()))
}

/// What of a receipt is to be believed.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    /// Author device to sequence number.
    pub held: BTreeMap<DeviceId, u64>,
    /// True when a claim about the log that we write in now does not fit.
    pub doubtful: bool,
}

/// Weighs all claims of a receipt. Devices of nobody here are left out, or a stranger's inventions would be kept for ever.
pub(crate) fn weigh_all(turn: &Turn, conversation: &Conversation, claims: &[Holding]) -> Step<Weighed> {
    let mut weighed = Weighed::default();
    for claim in claims {
        let Some(account) = owner(turn, conversation, &claim.author)? else {
            continue;
        };
        if account != turn.me.account {
            weighed.held.insert(claim.author, claim.seq);
            continue;
        }
        let end = (claim.seq, Some(claim.head));
        match weigh(turn, &conversation.id, &content_log(claim.author), end)? {
            Claim::Fits => {
                weighed.held.insert(claim.author, claim.seq);
            }
            // Of a device that is gone, what is there and not here is fetched, and then told of again.
            Claim::Ahead | Claim::Contradicts => weighed.doubtful |= claim.author == turn.device(),
        }
    }
    Ok(weighed)
}

/// What was shown, as far as it is believed to be held: nobody was shown what they do not have.
pub(crate) fn shown_of(
    turn: &Turn,
    conversation: &Conversation,
    held: &BTreeMap<DeviceId, u64>,
    shown: &[(DeviceId, u64)],
) -> Step<BTreeMap<DeviceId, u64>> {
    let mut believed = BTreeMap::new();
    for &(author, seq) in shown {
        match owner(turn, conversation, &author)? {
            Some(account) if account == turn.me.account => {
                believed.insert(author, seq.min(held.get(&author).copied().unwrap_or(0)));
            }
            Some(_) => {
                believed.insert(author, seq);
            }
            None => {}
        }
    }
    Ok(believed)
}
