//! Deletions that can still be undone, and what becomes of them when that time is over.

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, Target};

use super::{
    applying::{self, Trace},
    chat, limits,
};
use crate::{
    carriers,
    conversations::{append, find, receipts::Progress, rows, timers, unseen, view},
    epochs, own,
    position::Position,
    records::{
        Conversation, Doomed, Expiring, OrderRow, PendingDeletion, PendingTimer, Ranges, Row, SetAside,
        content_log,
    },
    store::{Bounds, Order},
    sync,
    turn::{Fault, Step, Turn},
    view::{DeleteFor, DeletingView, DeliveryState},
};

/// The messages of a conversation that are about to be deleted, and until when that can be undone.
pub(crate) fn hidden(turn: &Turn, conversation: &ConversationId) -> Step<BTreeMap<Position, DeletingView>> {
    let mut hidden = BTreeMap::new();
    for pending in of(turn, conversation)? {
        if let Doomed::Messages(items) = &pending.what {
            hidden.extend(items.iter().map(|(position, _)| (*position, shown(&pending))));
        }
    }
    Ok(hidden)
}

/// A pending deletion, as a screen names it.
pub(crate) fn shown(pending: &PendingDeletion) -> DeletingView {
    DeletingView {
        deletion: name(pending.id),
        until_ms: pending.due_at_ms,
    }
}

/// What listeners call a deletion.
pub(crate) fn name(id: u32) -> String {
    format!("{id:08x}")
}

/// The pending deletions of a conversation.
pub(crate) fn of(turn: &Turn, conversation: &ConversationId) -> Step<Vec<PendingDeletion>> {
    let mut all = turn.all::<PendingDeletion>(&PendingDeletion::scope())?;
    all.retain(|pending| pending.conversation == *conversation);
    Ok(all)
}

/// Something is due then.
pub(crate) fn wake(turn: &mut Turn, at_ms: u64) {
    turn.live.deletions_at_ms = turn.live.deletions_at_ms.min(at_ms);
}

/// At the start: what was due while we were away is due now.
pub(crate) fn start(turn: &mut Turn) {
    turn.live.deletions_at_ms = turn.now_ms;
}

/// Carries out what is due.
pub(crate) fn tick(turn: &mut Turn) -> Step {
    if turn.now_ms < turn.live.deletions_at_ms {
        return Ok(());
    }
    // What an old copy writes would take used numbers: the device that takes its place carries this out.
    if !own::profile(turn)?.outdated {
        for pending in turn.all::<PendingDeletion>(&PendingDeletion::scope())? {
            if is_due(turn, pending.due_at_ms) {
                finish(turn, &pending)?;
            }
        }
        for pending in turn.all::<PendingTimer>(&PendingTimer::scope())? {
            if is_due(turn, pending.due_at_ms) {
                timers::say(turn, &pending)?;
            }
        }
    }
    timers::expire(turn)?;
    chat::step(turn)?;
    turn.live.deletions_at_ms = next_at_ms(turn)?;
    Ok(())
}

/// A time so far ahead was noted before the clock was set back.
fn is_due(turn: &Turn, due_at_ms: u64) -> bool {
    due_at_ms <= turn.now_ms || due_at_ms > turn.now_ms.saturating_add(limits::UNDO_MS)
}

fn next_at_ms(turn: &Turn) -> Step<u64> {
    let mut next = if chat::is_under_way(turn)? {
        turn.now_ms
    } else {
        u64::MAX
    };
    let first = turn.scan::<Expiring>(&Expiring::scope(), &Bounds::all(), Order::Ascending, 1)?;
    next = first.iter().fold(next, |next, first| next.min(first.at_ms));
    if own::profile(turn)?.outdated {
        return Ok(next);
    }
    let deletions = turn.all::<PendingDeletion>(&PendingDeletion::scope())?;
    let changes = turn.all::<PendingTimer>(&PendingTimer::scope())?;
    let due = deletions.iter().map(|pending| pending.due_at_ms);
    let due = due.chain(changes.iter().map(|pending| pending.due_at_ms));
    Ok(due.fold(next, u64::min))
}

/// All that waits in a conversation becomes final at once.
pub(crate) fn finish_all(turn: &mut Turn, conversation: &ConversationId) -> Step {
    // One may finish others.
    while let Some(first) = of(turn, conversation)?.first() {
        finish(turn, first)?;
    }
    Ok(())
}

/// A deletion becomes final.
pub(crate) fn finish(turn: &mut Turn, pending: &PendingDeletion) -> Step {
    turn.remove(PendingDeletion::at(pending.id));
    let mut conversation = match find(turn, &pending.conversation) {
        // Its contact was taken back meanwhile: nothing is left to delete.
        Err(Fault::Command(_)) => return Ok(()),
        found => found?,
    };
    match &pending.what {
        Doomed::Messages(items) => messages(turn, &mut conversation, items)?,
        Doomed::Chat {
            up_to,
            held,
            undelivered,
        } => chat::clear(turn, &mut conversation, up_to, held, undelivered)?,
    }
    view::emit_conversation(turn, &conversation)
}

fn messages(turn: &mut Turn, conversation: &mut Conversation, items: &[(Position, DeleteFor)]) -> Step {
    let progress = Progress::of(turn, conversation)?;
    let mut said = Vec::new();
    for (position, scope) in items {
        let Some(row) = rows::at(turn, conversation, position)? else {
            continue;
        };
        let own = own_target(turn, &progress, &row)?;
        let trace = match own {
            // Nobody has it: it is as if it had never been written.
            Some((target, state)) if state < DeliveryState::Held => {
                said.push(target);
                Trace::None
            }
            Some((target, _)) if *scope == DeleteFor::Everyone => {
                said.push(target);
                Trace::Mark
            }
            _ => Trace::None,
        };
        unseen::deleted_row(turn, conversation, &row)?;
        applying::bury(turn, conversation, &row, trace)?;
    }
    applying::settle(turn, conversation)?;
    say(turn, conversation, said)
}

/// A message of our own as others know it, and how far it has come to whoever has most of it.
pub(crate) fn own_target(
    turn: &Turn,
    progress: &Progress,
    row: &OrderRow,
) -> Step<Option<(Target, DeliveryState)>> {
    Ok(match &row.row {
        Row::Entry { log, seq } if row.author == turn.me.account => Some((
            applying::target(log, *seq, row.id),
            progress.furthest(&log.author, *seq).0,
        )),
        // It is in no log that anybody is known to hold, but somebody may.
        Row::SetAside => {
            let aside = turn.load::<SetAside>(&SetAside::at(&row.conversation, &row.position))?;
            aside.map(|aside| {
                let log = content_log(aside.device);
                (applying::target(&log, aside.seq, aside.id), DeliveryState::Saved)
            })
        }
        _ => None,
    })
}

/// Words that stood at `before` were written anew: what was to become of them becomes of the row that they have now.
pub(crate) fn follow(turn: &mut Turn, before: &Position, row: &OrderRow) -> Step {
    let Row::Entry { log, seq } = row.row else {
        return Ok(());
    };
    for mut pending in of(turn, &row.conversation)? {
        match &mut pending.what {
            Doomed::Messages(items) => {
                let Some(item) = items.iter_mut().find(|(position, _)| position == before) else {
                    continue;
                };
                *item = (row.position, DeleteFor::Everyone);
            }
            Doomed::Chat {
                up_to,
                held,
                undelivered,
            } => {
                if *before > *up_to {
                    continue;
                }
                *up_to = row.position.max(*up_to);
                let mut seqs = Ranges::default();
                seqs.insert(seq);
                let seqs = [(log, seqs)];
                chat::join(held, &seqs);
                chat::join(undelivered, &seqs);
            }
        }
        turn.save(&pending)?;
    }
    Ok(())
}

/// Asks everyone to delete messages of ours. What is on its way to a carrier with them is handed over anew, without.
pub(crate) fn say(turn: &mut Turn, conversation: &mut Conversation, targets: Vec<Target>) -> Step {
    if targets.is_empty() {
        return Ok(());
    }
    epochs::rekey_if_needed(turn, conversation)?;
    for some in targets.chunks(kith_crypto::MAX_DELETE_TARGETS) {
        let appended = append::deletion(turn, conversation, some.to_vec())?;
        epochs::gossip::publish(turn, conversation, &appended)?;
    }
    carriers::sending::withdraw(turn, conversation);
    sync::expect_receipt(turn, conversation);
    carriers::sending::soon(turn, conversation);
    Ok(())
}
