//! Which gossip topics we take part in: those of conversations of which another device is linked, this week's name and
//! around midnight the neighbour's.

use std::collections::BTreeMap;

use kith_crypto::{ConversationId, TOPIC_WEEK_MS, TopicSecret, topic_week};

use crate::{
    conversations::receipts::linked_members,
    effects::Transmit,
    records::Conversation,
    turn::{Step, Turn},
};

/// How many topic secrets of a conversation are listened to.
const TOPICS_KEPT: usize = 2;

/// Clocks may differ: around a week's end both names are listened to, for this long, milliseconds.
const WEEK_OVERLAP_MS: u64 = 60 * 60 * 1000;

/// Takes the best epoch's topic secret as the current one, keeps the one before it.
pub(crate) fn refresh(turn: &mut Turn, conversation: &mut Conversation) -> Step {
    let Some(best) = super::best(turn, conversation)? else {
        return Ok(());
    };
    if conversation.topics.first() != Some(&best.topic) {
        conversation.topics.retain(|topic| *topic != best.topic);
        conversation.topics.insert(0, best.topic);
        conversation.topics.truncate(TOPICS_KEPT);
        turn.save(conversation)?;
    }
    Ok(())
}

/// The topic that a conversation is gossiped on now.
pub(crate) fn current(turn: &Turn, conversation: &Conversation) -> Option<String> {
    let secret = TopicSecret::from_bytes(*conversation.topics.first()?);
    Some(secret.topic(topic_week(turn.now_ms)))
}

/// Subscribes to what is wanted now and leaves the rest.
pub(crate) fn subscribe(turn: &mut Turn) -> Step {
    let wanted = wanted(turn)?;
    let known = std::mem::take(&mut turn.live.topics);
    for topic in known.keys().filter(|topic| !wanted.contains_key(*topic)) {
        turn.transmit(Transmit::Unsubscribe { topic: topic.clone() });
    }
    for topic in wanted.keys().filter(|topic| !known.contains_key(*topic)) {
        turn.transmit(Transmit::Subscribe { topic: topic.clone() });
    }
    turn.live.topics = wanted;
    Ok(())
}

fn wanted(turn: &Turn) -> Step<BTreeMap<String, ConversationId>> {
    let mut weeks = vec![
        topic_week(turn.now_ms.saturating_sub(WEEK_OVERLAP_MS)),
        topic_week(turn.now_ms.saturating_add(WEEK_OVERLAP_MS)),
    ];
    weeks.dedup();
    let mut wanted = BTreeMap::new();
    let mut accounts: Vec<_> = turn.live.links.values().map(|link| link.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        for conversation in crate::conversations::shared_with(turn, &account)? {
            if linked_members(turn, &conversation).is_empty() {
                continue;
            }
            for secret in &conversation.topics {
                let secret = TopicSecret::from_bytes(*secret);
                wanted.extend(weeks.iter().map(|week| (secret.topic(*week), conversation.id)));
            }
        }
    }
    Ok(wanted)
}

/// When the names of topics change next, unix milliseconds.
pub(crate) fn next_change_ms(now_ms: u64) -> u64 {
    let week = now_ms / TOPIC_WEEK_MS * TOPIC_WEEK_MS;
    let edges = [
        week + WEEK_OVERLAP_MS,
        week + TOPIC_WEEK_MS - WEEK_OVERLAP_MS,
        week + TOPIC_WEEK_MS,
    ];
    edges
        .into_iter()
        .find(|edge| *edge > now_ms)
        .unwrap_or(week + TOPIC_WEEK_MS + WEEK_OVERLAP_MS)
}
