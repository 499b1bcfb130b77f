//! What time brings: the start and a fresh one after a loss, the day's upkeep, what is due, what has become durable.

use kith_crypto::Header;

use super::Beginning;
use crate::{
    carriers, clock,
    contacts::{self, dialing, discovery, introduction, invites, kept_out, links},
    conversations::{commands, deleting, drafts, erasure, later},
    damage,
    effects::Transmit,
    epochs,
    groups::{fellows, leaving},
    input::BatchId,
    live::RECOVERY_PAUSE_MS,
    network, own,
    records::{CalendarDay, Profile, UpkeepDay},
    sync,
    turn::{Step, Turn},
};

pub(super) fn start(turn: &mut Turn, beginning: &Beginning) -> Step {
    turn.live.first_day = turn.load::<UpkeepDay>(&UpkeepDay::at())?.unwrap_or_default().day;
    clock::sure::start(turn)?;
    turn.live.beacon_at_ms = turn.now_ms.saturating_add(sync::BEACON_MS);
    turn.live.publish_at_ms = u64::MAX;
    let found = beginning.damage.as_ref();
    own::start(turn, &beginning.origin, damage::is_left(turn, found)?)?;
    damage::start(turn, found)?;
    for contact in contacts::all(turn)? {
        if contacts::is_wanted(turn, &contact)? {
            contacts::know(turn, &contact.devices);
        }
    }
    dialing::everyone_soon(turn)?;
    dialing::rest(turn);
    carriers::start(turn)?;
    later::read_again(turn, Header::VERSION)?;
    deleting::pending::start(turn);
    erasure::start(turn)?;
    upkeep(turn)?;
    kept_out::tick(turn)?;
    dialing::tick(turn)
}

/// The start came to nothing for want of room: nobody can be asked for anything before there is a profile, and nothing is
/// written before what was damaged is mended.
pub(super) fn begin_if_lost(turn: &mut Turn, beginning: &Beginning) -> Step {
    if turn.live.recover_at_ms.is_none() {
        return Ok(());
    }
    if !turn.has(&Profile::at())? || damage::is_left(turn, beginning.damage.as_ref())? {
        start(turn, beginning)?;
    }
    Ok(())
}

/// Something the network said, or was to be told, has been lost with a batch that could not be kept: begin anew, and
/// close every link so that both sides say again what is said once on each. Upkeep is done again too, so that this
/// writes: while the disk is still full it comes to nothing like the rest, and is tried again later. Gives whether that was
/// due: it is due again soon, until the caller's turn has not failed ([`recovered`]).
pub(super) fn recover(turn: &mut Turn, beginning: &Beginning) -> Step<bool> {
    if turn.live.recover_at_ms.is_none_or(|at_ms| turn.now_ms < at_ms) {
        return Ok(false);
    }
    turn.live.recover_at_ms = Some(turn.now_ms.saturating_add(RECOVERY_PAUSE_MS));
    for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
        turn.transmit(Transmit::Forget { device });
    }
    turn.live.topics.clear();
    turn.live.upkeep_day = None;
    start(turn, beginning)?;
    if !turn.live.own_addresses.is_empty() {
        discovery::addresses_changed(turn);
    }
    Ok(true)
}

/// All was begun anew, and nothing that is done in the same turn failed.
pub(super) fn recovered(turn: &mut Turn) {
    turn.live.recover_at_ms = None;
}

/// There is another network than the one whose links, topics and addresses were known.
pub(super) fn network_up(turn: &mut Turn, beginning: &Beginning) -> Step {
    network_down(turn)?;
    // Of attempts that the old one made there will be no news.
    for dialing in turn.live.dialing.values_mut() {
        dialing.in_flight = false;
    }
    turn.live.recover_at_ms = Some(turn.now_ms);
    recover(turn, beginning)?;
    recovered(turn);
    let addresses = turn.live.named_bootstraps.clone();
    turn.transmit(Transmit::SetBootstraps { addresses });
    Ok(())
}

/// There is no network any more: whoever was linked is not.
pub(super) fn network_down(turn: &mut Turn) -> Step {
    for device in turn.live.links.keys().copied().collect::<Vec<_>>() {
        links::down(turn, device)?;
    }
    network::down(turn)
}

/// What is done once a day, and at the start: keys are moved under today's, and the days before are erased.
fn upkeep(turn: &mut Turn) -> Step {
    let today = turn.today();
    if turn.live.upkeep_day == Some(today) {
        return Ok(());
    }
    let kept_under = turn.live.first_day;
    let last = turn.load::<CalendarDay>(&CalendarDay::at())?;
    let is_new_day = last.map_or(kept_under, |last| last.day) != today;
    // After a clock was ahead, the keys of days that have not come yet are dropped one by one all the same.
    turn.live.first_day = today.max(kept_under.saturating_add(u32::from(is_new_day)));
    epochs::upkeep(turn)?;
    drafts::upkeep(turn)?;
    // A link may last for weeks; the prekey it began with does not.
    introduction::send_to_all(turn)?;
    fellows::tell_all(turn)?;
    invites::upkeep(turn)?;
    leaving::upkeep(turn)?;
    let day = turn.live.first_day;
    turn.save(&UpkeepDay { day })?;
    turn.save(&CalendarDay { day: today })?;
    turn.forget_before(day);
    turn.live.upkeep_day = Some(today);
    Ok(())
}

pub(super) fn tick(turn: &mut Turn) -> Step {
    clock::sure::look(turn)?;
    upkeep(turn)?;
    kept_out::tick(turn)?;
    dialing::tick(turn)?;
    discovery::tick(turn)?;
    epochs::topics::subscribe(turn)?;
    carriers::tick(turn)?;
    deleting::pending::tick(turn)?;
    erasure::tick(turn)?;
    sync::tick(turn)
}

/// Batches up to this one are durable: our rows in them are saved now.
pub(super) fn flushed(turn: &mut Turn, up_to: BatchId) -> Step {
    let rows = turn.live.take_flushed(up_to);
    if turn.live.proves_disk.is_some_and(|batch| batch <= up_to) {
        turn.live.proves_disk = None;
        turn.live.disk = None;
        network::emit(turn)?;
    }
    commands::flushed(turn, &rows)
}
