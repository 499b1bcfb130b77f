//! A device's key is its network identity: these are the two ways across.

use kith_crypto::{DeviceId, DeviceKey};
use libp2p::{PeerId, identity};

use super::error::NetError;

/// The code of the identity multihash: the peer id *is* the (short) public key.
const IDENTITY_MULTIHASH: u64 = 0x00;

/// The network identity of a device key.
///
/// # Errors
/// [`NetError::BadDeviceKey`] if libp2p refuses the key.
pub fn keypair(key: &DeviceKey) -> Result<identity::Keypair, NetError> {
    // libp2p zeroes the bytes it was given and keeps its own copy, which its secret key type wipes on drop.
    let mut secret = key.to_bytes();
    let secret = identity::ed25519::SecretKey::try_from_bytes(secret.as_mut_slice())
        .map_err(|_| NetError::BadDeviceKey)?;
    Ok(identity::ed25519::Keypair::from(secret).into())
}

/// The peer id of a device, `None` if its bytes are no point of the curve.
#[must_use]
pub fn peer_of(device: &DeviceId) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(device.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The device behind a peer id, `None` for peers of other key types (they can be no Kith device).
#[must_use]
pub fn device_of(peer: &PeerId) -> Option<DeviceId> {
    let hash = peer.as_ref();
    if hash.code() != IDENTITY_MULTIHASH {
        return None;
    }
    let key = identity::PublicKey::try_decode_protobuf(hash.digest()).ok()?;
    Some(DeviceId::from_bytes(key.try_into_ed25519().ok()?.to_bytes()))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_device_and_its_peer_id_are_two_names_of_one_key() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let key = DeviceKey::generate(&mut rng);
        let peer = keypair(&key).unwrap().public().to_peer_id();
        assert_eq!(peer_of(&key.id()), Some(peer));
        assert_eq!(device_of(&peer), Some(key.id()));
    }

    #[test]
    fn a_hashed_peer_id_is_no_device() {
        let hashed: PeerId = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N".parse().unwrap();
        assert_eq!(device_of(&hashed), None);
    }
}
