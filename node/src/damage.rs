//! A store that was damaged and rescued: mended once, and told of until a person has read it.
//!
//! The store tells at each opening what was found damaged, until it hears that it was mended ([`crate::store::Damage`]). The
//! mending and the note that it was done are one batch, so that it is done wholly or once more, whatever ends the program. The
//! notice for the person is a part of that note and stays until it is dismissed.

use crate::{
    command::Reply,
    conversations::{self, erasure},
    event::Event,
    own,
    records::{DamageNotice, Mended},
    store::{Damage, Read},
    turn::{Step, Turn},
    view::DamageView,
};

/// Whether what was found damaged in `store` has been mended, durably.
pub(crate) fn is_mended(store: &dyn Read, found: &Damage) -> bool {
    let bytes = store.get(&Mended::at()).ok().flatten();
    let mended = bytes.and_then(|bytes| postcard::from_bytes::<Mended>(&bytes).ok());
    mended.is_some_and(|mended| mended.id == found.id)
}

/// Whether something was found damaged that has not been mended.
pub(crate) fn is_left(turn: &Turn, found: Option<&Damage>) -> Step<bool> {
    let Some(found) = found else { return Ok(false) };
    let mended = turn.load::<Mended>(&Mended::at())?;
    Ok(mended.is_none_or(|mended| mended.id != found.id))
}

/// At the start: mends what was found damaged, unless that has been done.
pub(crate) fn start(turn: &mut Turn, found: Option<&Damage>) -> Step {
    if let Some(found) = found
        && is_left(turn, Some(found))?
    {
        erasure::after_damage(turn)?;
        conversations::mending::after_damage(turn)?;
        turn.save(&Mended {
            id: found.id,
            notice: Some(DamageNotice {
                kept_at: found.kept_at.as_ref().map(|path| path.display().to_string()),
                records_recovered: found.records_recovered,
                records_lost_at_least: found.records_lost_at_least,
            }),
        })?;
    }
    let notice = turn
        .load::<Mended>(&Mended::at())?
        .and_then(|mended| mended.notice);
    turn.live.damage = notice.map(|notice| DamageView {
        kept_at: notice.kept_at,
        records_recovered: notice.records_recovered,
        records_lost_at_least: notice.records_lost_at_least,
    });
    Ok(())
}

/// The notice was read.
pub(crate) fn dismiss(turn: &mut Turn) -> Step<Reply> {
    if let Some(mended) = turn.load::<Mended>(&Mended::at())? {
        turn.save(&Mended {
            notice: None,
            ..mended
        })?;
    }
    turn.live.damage = None;
    let view = own::view(turn, &own::profile(turn)?);
    turn.emit(Event::Profile(view));
    Ok(Reply::Done)
}
