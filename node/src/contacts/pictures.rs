//! Small pictures: ours, and those that contacts' cards name.

use kith_crypto::DeviceId;

use super::view;
use crate::{
    command::Reply,
    error::CommandError,
    frame::Frame,
    input::Lane,
    records::{Contact, Picture, Profile},
    turn::{Fault, Step, Turn},
};

/// The largest picture that is sent or taken, in bytes of PNG.
pub(crate) const MAX_PICTURE_BYTES: usize = 256 * 1024;

/// A picture by the hash that a view names.
pub(crate) fn get(turn: &Turn, name: &str) -> Step<Reply> {
    let hash = data_encoding::HEXLOWER
        .decode(name.as_bytes())
        .ok()
        .and_then(|hash| hash.try_into().ok());
    let hash: [u8; 32] = hash.ok_or(CommandError::UnknownPicture)?;
    let picture = turn
        .load::<Picture>(&Picture::at(&hash))?
        .ok_or(CommandError::UnknownPicture)?;
    Ok(Reply::Picture(data_encoding::BASE64.encode(&picture.png)))
}

/// Keeps a picture; gives its hash.
pub(crate) fn keep(turn: &mut Turn, png: Vec<u8>) -> Step<[u8; 32]> {
    let hash = *blake3::hash(&png).as_bytes();
    turn.save(&Picture { hash, png })?;
    Ok(hash)
}

/// Asks for a contact's picture if it is not here.
pub(crate) fn want(turn: &mut Turn, device: DeviceId, contact: &Contact) -> Step {
    match contact.picture {
        Some(hash) if !turn.has(&Picture::at(&hash))? => {
            turn.send(device, Lane::Control, &Frame::WantPicture { hash })
        }
        _ => Ok(()),
    }
}

/// A contact asks for a picture: only our own current one is given.
pub(crate) fn give(turn: &mut Turn, device: DeviceId, hash: &[u8; 32]) -> Step {
    let profile = turn.load::<Profile>(&Profile::at())?;
    if profile.and_then(|profile| profile.picture) != Some(*hash) {
        return Ok(());
    }
    match turn.load::<Picture>(&Picture::at(hash))? {
        Some(picture) => turn.send(device, Lane::Sync, &Frame::Picture { png: picture.png }),
        None => Ok(()),
    }
}

/// A contact's picture came: kept only if it is the one that its card names. It is decoded, within bounds, only by
/// whoever shows it.
pub(crate) fn receive(turn: &mut Turn, contact: &Contact, png: Vec<u8>) -> Step {
    if png.len() > MAX_PICTURE_BYTES {
        return Err(Fault::Peer("a picture over the limit"));
    }
    if contact.picture != Some(*blake3::hash(&png).as_bytes()) {
        return Err(Fault::Peer("a picture that its card does not name"));
    }
    keep(turn, png)?;
    view::emit_groups(turn, &contact.account)?;
    view::emit_contact_everywhere(turn, &contact.account)
}
