//! Entries of a later version: held as they came, so that their log goes on and receipts count them, and read once an update
//! knows them.
//!
//! A later header begins with the fields of this version ([`SignedHeader::open_any`]), so that its author, its place and what
//! its body hashes to are certain. What the entry means is not: until it can be read it has no row and does nothing.

use kith_crypto::{AccountId, Body, Entry, LogKind, SignedHeader};

use super::{
    accept::{self, Accepted},
    owner, silences, view,
};
use crate::{
    records::{EntryRecord, LaterEntry, Record as _},
    turn::{Step, Turn},
};

/// An entry that cannot be read yet was taken.
pub(crate) fn note(turn: &mut Turn, header: &SignedHeader) -> Step {
    let fields = header.header();
    turn.save(&LaterEntry {
        conversation: fields.conversation,
        log: fields.log_id(),
        seq: fields.seq,
    })
}

/// Reads what waited for a version that this build knows by now.
pub(crate) fn read_again(turn: &mut Turn, known_version: u8) -> Step {
    for waiting in turn.all::<LaterEntry>(&LaterEntry::scope())? {
        let key = EntryRecord::at(&waiting.conversation, &waiting.log, waiting.seq);
        let Some(record) = turn.load::<EntryRecord>(&key)? else {
            turn.remove(waiting.key());
            continue;
        };
        let header = SignedHeader::open_trusted(&record.header)?;
        if header.header().version > known_version {
            continue;
        }
        turn.remove(waiting.key());
        let conversation = super::find(turn, &waiting.conversation)?;
        if let Some(account) = owner(turn, &conversation, &waiting.log.author)? {
            read(turn, &record, header, account)?;
        }
    }
    Ok(())
}

/// Does with an entry that is held what would have been done when it came.
fn read(turn: &mut Turn, record: &EntryRecord, header: SignedHeader, account: AccountId) -> Step {
    let mut conversation = super::find(turn, &record.conversation)?;
    let body = record.body.as_deref().map(Body::decode).transpose();
    let entry = Entry {
        header,
        body: body.unwrap_or_default(),
    };
    if accept::check(&entry).is_err() {
        tracing::debug!("an entry that can be read since an update breaks a rule");
        return Ok(());
    }
    if record.log.kind == LogKind::Content {
        silences::remove(turn, &record.conversation, &record.log, record.seq)?;
    }
    let since_ms = entry.body.as_ref().map(|_| record.received_at_ms);
    let accepted = accept::means(turn, &mut conversation, &entry, (account, since_ms))?;
    if let Accepted::Content(row) = accepted {
        view::emit_row(turn, &conversation, &row.position)?;
    }
    view::emit_conversation(turn, &conversation)
}
