//! Ourselves: the profile, the card that tells others of it, and what others remind us by.

use kith_crypto::{
    AccountId, Card, DeviceId, DeviceList, ListOrder, LogEnd, Revoked, Signed, check_name, check_status,
    compare_lists,
};

use crate::{
    carriers,
    command::Reply,
    contacts::{self, introduction, lists, pictures},
    conversations::{aside, mending},
    effects::Transmit,
    epochs,
    error::CommandError,
    event::Event,
    records::{Conversation, LogRecord, Profile},
    store::Read,
    turn::{DAY_MS, Step, Turn},
    view::ProfileView,
};

/// How an engine begins that finds no profile in its store.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The name others see.
    pub name: String,
    /// True when the account came from recovery words: others may know it.
    pub restored: bool,
}

/// At the start: makes the profile if this is the first time, and tells the network in whose name links are made.
/// `is_damaged` says that records may count entries that are gone.
pub(crate) fn start(turn: &mut Turn, origin: &Origin, is_damaged: bool) -> Step {
    let profile = match turn.load::<Profile>(&Profile::at())? {
        Some(profile) if profile.devices.first() == Some(&turn.device()) => profile,
        Some(profile) => replace_device(turn, profile, is_damaged)?,
        None => make(turn, origin)?,
    };
    turn.transmit(Transmit::Identify {
        account: turn.me.account,
        device_list: profile.device_list,
    });
    Ok(())
}

fn make(turn: &mut Turn, origin: &Origin) -> Step<Profile> {
    let key = turn
        .me
        .account_key
        .as_ref()
        .ok_or_else(|| CommandError::Internal {
            place: "own::make".into(),
        })?;
    let list = DeviceList::first(turn.me.account, turn.device(), turn.now_ms);
    let list = Signed::seal(list, key)?;
    let profile = Profile {
        name: origin.name.clone(),
        status: String::new(),
        picture: None,
        // A restored device does not know how far its cards had been numbered, but time has gone on since.
        card_number: turn.now_ms,
        device_list: list.encode(),
        devices: vec![turn.device()],
        restored: origin.restored,
        outdated: false,
    };
    lists::remember(turn, &list)?;
    turn.save(&profile)?;
    Ok(profile)
}

/// The profile was made under another device: its folder was an old copy, and this installation is a new device now.
/// The old one is left out of the list, with the ends of its logs as we hold them. The list goes on from the newest that
/// we were shown: another copy of the folder may have become a device of its own, and nobody knows that it is gone.
fn replace_device(turn: &mut Turn, mut profile: Profile, is_damaged: bool) -> Step<Profile> {
    let key = turn
        .me
        .account_key
        .as_ref()
        .ok_or_else(|| internal("own::replace_device"))?;
    let old = profile.devices.first().copied();
    let old = old.ok_or_else(|| internal("own::replace_device"))?;
    let known = Signed::<DeviceList>::open_trusted(&profile.device_list)?;
    let shown = lists::newest(turn, &turn.me.account)?;
    let newest = shown.filter(|shown| compare_lists(&known, shown) == ListOrder::Newer);
    let revoked = Revoked {
        device: old,
        ends: log_ends(turn, &old, is_damaged)?,
    };
    let newest = newest.as_ref().unwrap_or(&known).value();
    let list = Signed::seal(newest.replacing(revoked, turn.device(), turn.now_ms), key)?;
    // The old device's entries still need an owner.
    lists::remember(turn, &known)?;
    lists::remember(turn, &list)?;
    aside::replaced(turn, old)?;
    carriers::placed::forget_all(turn)?;
    for contact in contacts::all(turn)? {
        for device in &contact.devices {
            epochs::seals::drop_all(turn, device)?;
        }
    }
    profile.device_list = list.encode();
    let others = list.value().devices.iter().map(|listed| listed.device);
    let others = others.filter(|device| *device != turn.device());
    profile.devices = std::iter::once(turn.device()).chain(others).collect();
    profile.outdated = false;
    turn.save(&profile)?;
    Ok(profile)
}

/// Up to where we hold each log of a device without a gap, and so can say anew what is in it.
fn log_ends(turn: &Turn, device: &DeviceId, is_damaged: bool) -> Step<Vec<LogEnd>> {
    let mut ends = Vec::new();
    for conversation in turn.all::<Conversation>(&Conversation::scope())? {
        for log in turn.all::<LogRecord>(&LogRecord::scope(&conversation.id))? {
            if log.log.author == *device {
                ends.push(LogEnd {
                    conversation: conversation.id,
                    log: log.log.kind,
                    seq: match is_damaged {
                        true => mending::counted_end(turn, &log)?,
                        false => log.contiguous,
                    },
                });
            }
        }
    }
    Ok(ends)
}

/// This folder is an old copy: nothing more is written under its device. Either somebody holds entries of it that we do
/// not, and that would sign a second entry under a used number; or our account has left it out.
pub(crate) fn mark_outdated(turn: &mut Turn) -> Step {
    let mut profile = profile(turn)?;
    if !profile.outdated {
        profile.outdated = true;
        turn.save(&profile)?;
        let view = view(turn, &profile);
        turn.emit(Event::Profile(view));
    }
    Ok(())
}

/// A contact refused this device and showed a list in proof. If our account signed it after the one that we have, and
/// left this device out, then another installation has taken this one's place: nobody takes anything more of it. All else
/// proves nothing: an older list may be said again by anybody who ever had it, and other accounts sign what they like.
pub(crate) fn shown_list(turn: &mut Turn, list: &[u8]) -> Step {
    let Ok(list) = Signed::<DeviceList>::open(list) else {
        return Ok(());
    };
    let known = Signed::<DeviceList>::open_trusted(&profile(turn)?.device_list)?;
    let is_newer = compare_lists(&known, &list) == ListOrder::Newer;
    // Who cannot sign a list does not become another device by itself.
    if !is_newer || list.value().lists(&turn.device()) || turn.me.account_key.is_none() {
        return Ok(());
    }
    lists::remember(turn, &list)?;
    mark_outdated(turn)
}

/// Whether the profile in `store` is an old copy of itself, so that this installation must become a new device before
/// it writes again.
pub(crate) fn is_outdated(store: &dyn Read) -> bool {
    let bytes = store.get(&Profile::at()).ok().flatten();
    let profile = bytes.and_then(|bytes| postcard::from_bytes::<Profile>(&bytes).ok());
    profile.is_some_and(|profile| profile.outdated)
}

fn internal(place: &str) -> CommandError {
    CommandError::Internal { place: place.into() }
}

/// Our profile, which [`start`] has made.
pub(crate) fn profile(turn: &Turn) -> Step<Profile> {
    Ok(turn.load(&Profile::at())?.ok_or_else(|| CommandError::Internal {
        place: "own::profile".into(),
    })?)
}

/// Our card as it is now.
pub(crate) fn card(turn: &Turn) -> Step<Signed<Card>> {
    let profile = profile(turn)?;
    let card = Card {
        account: turn.me.account,
        device: turn.device(),
        number: profile.card_number,
        handle: None,
        name: profile.name,
        picture: profile.picture,
        status: profile.status,
    };
    Ok(Signed::seal(card, &turn.me.device)?)
}

/// For how long after a restore devices that nobody knows are asked whether they remember us, when they show on the local
/// network, milliseconds. Each of them learns our account by that. Whoever asks us is answered for ever.
const SEEKING_MS: u64 = 30 * DAY_MS;

/// Whether this account was ever restored from words here: then whoever proves to remember it is a contact again.
pub(crate) fn is_restored(turn: &Turn) -> Step<bool> {
    let profile = turn.load::<Profile>(&Profile::at())?;
    Ok(profile.is_some_and(|profile| profile.restored))
}

/// Whether we were restored a short while ago, and ask devices nearby whether they remember us.
pub(crate) fn seeks_contacts(turn: &Turn) -> Step<bool> {
    let Some(profile) = turn
        .load::<Profile>(&Profile::at())?
        .filter(|profile| profile.restored)
    else {
        return Ok(false);
    };
    // The number of a list is the time at which it was made.
    let list = Signed::<DeviceList>::open_trusted(&profile.device_list)?;
    Ok(turn.now_ms < list.value().number.saturating_add(SEEKING_MS))
}

/// Whether this installation is the account's first, so that all that the account ever did was done here.
pub(crate) fn is_first_installation(turn: &Turn) -> Step<bool> {
    let Some(profile) = turn.load::<Profile>(&Profile::at())? else {
        return Ok(false);
    };
    let list = Signed::<DeviceList>::open_trusted(&profile.device_list)?;
    Ok(!profile.restored && list.value().revoked.is_empty())
}

/// What we give somebody to remind us by, should we come back from our words; `None` without the account's key.
pub(crate) fn remembrance(turn: &Turn, contact: &AccountId) -> Option<[u8; 32]> {
    let account_key = turn.me.account_key.as_ref()?;
    Some(account_key.remembrance(contact))
}

/// What a screen sees of us.
pub(crate) fn view(turn: &Turn, profile: &Profile) -> ProfileView {
    ProfileView {
        account: turn.me.account,
        device: turn.device(),
        name: profile.name.clone(),
        picture: profile.picture.map(|hash| data_encoding::HEXLOWER.encode(&hash)),
        status: profile.status.clone(),
        restored: profile.restored,
        outdated: profile.outdated,
        damage: turn.live.damage.clone(),
    }
}

/// Who am I?
pub(crate) fn get(turn: &Turn) -> Step<Reply> {
    Ok(Reply::Profile(view(turn, &profile(turn)?)))
}

/// Sets name and status.
pub(crate) fn set(turn: &mut Turn, name: String, status: String) -> Step<Reply> {
    let refuse = |reason: kith_crypto::CryptoError| CommandError::BadProfileText {
        reason: reason.to_string(),
    };
    let name = name.trim().to_owned();
    check_name(&name).map_err(refuse)?;
    check_status(&status).map_err(refuse)?;
    let mut profile = profile(turn)?;
    if profile.name != name || profile.status != status {
        profile.name = name;
        profile.status = status;
        publish(turn, &mut profile)?;
    }
    Ok(Reply::Profile(view(turn, &profile)))
}

/// Sets or removes the picture; `image` is base64 of a small PNG, as [`crate::picture::prepared`] makes it.
pub(crate) fn set_picture(turn: &mut Turn, image: Option<String>) -> Step<Reply> {
    let refuse = |reason: &str| CommandError::BadPicture {
        reason: reason.into(),
    };
    let hash = match image {
        None => None,
        Some(image) => {
            let png = data_encoding::BASE64
                .decode(image.as_bytes())
                .map_err(|_| refuse("It is not base64."))?;
            if png.len() > pictures::MAX_PICTURE_BYTES {
                return Err(refuse("It is too large.").into());
            }
            Some(pictures::keep(turn, png)?)
        }
    };
    let mut profile = profile(turn)?;
    if profile.picture != hash {
        profile.picture = hash;
        publish(turn, &mut profile)?;
    }
    Ok(Reply::Profile(view(turn, &profile)))
}

/// Saves a changed profile under the next card number and tells everyone.
fn publish(turn: &mut Turn, profile: &mut Profile) -> Step {
    profile.card_number = profile.card_number.saturating_add(1).max(turn.now_ms);
    turn.save(profile)?;
    let view = view(turn, profile);
    turn.emit(Event::Profile(view));
    introduction::send_to_all(turn)
}
