//! What lies behind a key: a peer who holds the key can seal anything, so the bytes are sealed first and opened then.

use std::sync::OnceLock;

use kith_crypto::{
    ChainKey, ConversationId, DeviceKey, DeviceList, Envelope, Initiator, LinkContext, LinkIdentity, Mail,
    Prekey, PrekeySecret, Responder, SealPurpose, SendChain, Signed, SignedHeader, seal_to,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::documents::{NOW_MS, account, device};

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([5; 32])
}

/// The device at the other end.
fn peer() -> DeviceKey {
    DeviceKey::from_bytes([3; 32])
}

/// Envelopes from the network, and payloads that a member sealed.
pub(super) fn envelopes(data: &[u8]) {
    let chain = SendChain::new(ChainKey::from_bytes([6; 32]));
    let (key, ..) = chain.advance().expect("a chain begins");
    match Envelope::parse(data) {
        Ok(Envelope::Message(view)) => drop(view.open(&key)),
        Ok(Envelope::Ephemeral(_)) | Err(_) => {}
    }
    let Some((&cut, rest)) = data.split_first() else {
        return;
    };
    let (header, body) = rest.split_at(usize::from(cut).min(rest.len()));
    if let Ok(header) = SignedHeader::lengthen(header, &ConversationId::from_bytes([3; 32]), &peer().id()) {
        drop(SignedHeader::open(&header));
    }
    drop(kith_crypto::Body::decode(body));
}

/// Each message of the link's handshake, from a stranger.
pub(super) fn handshake(data: &[u8]) {
    let mut rng = rng();
    let (own, other) = (device().id(), peer().id());
    let context = LinkContext::new(own, other).expect("two devices");
    let list = DeviceList::first(account().id(), own, NOW_MS);
    let list = Signed::seal(list, &account()).expect("a list is signed");
    let key = device();
    let identity = LinkIdentity {
        device_key: &key,
        device_list: &list,
    };
    let (initiator, hello) = Initiator::start(context, &mut rng);
    if let Ok((waiting, _)) = initiator.receive_response(data, &identity, b"") {
        drop(waiting.receive_confirmation(data));
    }
    // A responder that was greeted properly, and one that was not.
    let answering = LinkContext::new(own, other).expect("two devices");
    if let Ok((responder, _)) = Responder::receive_hello(answering, &hello, &mut rng) {
        drop(responder.receive_reveal(data));
    }
    if let Ok((responder, _)) = Responder::receive_hello(answering, data, &mut rng) {
        drop(responder.receive_reveal(data));
    }
}

/// A prekey of ours, with its secret.
fn prekey() -> &'static (PrekeySecret, Signed<Prekey>) {
    static PREKEY: OnceLock<(PrekeySecret, Signed<Prekey>)> = OnceLock::new();
    PREKEY.get_or_init(|| {
        let secret = PrekeySecret::generate(&mut rng());
        let public = secret
            .publish(&device(), 1, NOW_MS)
            .expect("a prekey is published");
        (secret, public)
    })
}

/// Mail as it came, and mail that somebody sealed to us.
pub(super) fn mail(data: &[u8]) {
    let (secret, public) = prekey();
    let find = |id: u64| (id == 1).then(|| secret.clone());
    let own = device().id();
    drop(Mail::open(data, &find, own));
    let sealed = seal_to(public, &peer(), SealPurpose::Mail, &[], data, &mut rng());
    if let Ok((sender, mail)) = sealed.and_then(|sealed| Mail::open(&sealed, &find, own)) {
        assert_eq!(sender, peer().id());
        drop(
            mail.seal(public, &peer(), &mut rng())
                .expect("what was opened can be sealed"),
        );
    }
}
