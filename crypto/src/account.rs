//! Which devices speak for an account.
//!
//! The account signs a numbered list of its live devices and of those it has revoked, with the last entry of each log
//! that is still accepted from them. A list is the whole truth of its account at its number: a device that is not in
//! it does not speak for the account. Numbers grow, and because they are at least the clock's milliseconds, a device
//! restored from the recovery words outruns lists that it never saw. Two different lists under one number mean that
//! the account key is in two hands (or one hand is confused), which is an alarm and never a choice.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    entry::LogKind,
    error::{CryptoError, Result},
    id::{AccountId, ConversationId, DeviceId},
    signed::{Document, Signed},
};

/// Most live devices that one account may list.
pub const MAX_DEVICES: usize = 32;
/// Most revoked devices that a list may remember.
pub const MAX_REVOKED: usize = 128;
/// Most log ends that one revoked device may have.
pub const MAX_LOG_ENDS: usize = 4096;
/// Most log ends that [`DeviceList::replacing`] puts into one list, of all revoked devices together: at 43 bytes each,
/// they leave room for everything else in the largest list.
const MAX_LOG_ENDS_KEPT: usize = 2048;

/// An account's own word on its devices, signed by the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceList {
    /// Whose devices these are, and who signs.
    pub account: AccountId,
    /// Grows with each list: see [`DeviceList::next_number`].
    pub number: u64,
    /// The live devices, at least one.
    pub devices: Vec<ListedDevice>,
    /// The devices that no longer speak for the account.
    pub revoked: Vec<Revoked>,
}

/// One live device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDevice {
    /// The device.
    pub device: DeviceId,
    /// Whether it holds the account key, and can therefore sign the next list.
    pub may_enrol: bool,
}

/// One device that was taken off the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// The device.
    pub device: DeviceId,
    /// The last entry accepted of each of its logs; nothing is accepted of a log that is not named.
    pub ends: Vec<LogEnd>,
}

/// The last accepted entry of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The conversation of the log.
    pub conversation: ConversationId,
    /// Which of the device's two logs there.
    pub log: LogKind,
    /// The last accepted sequence number; 0 accepts nothing.
    pub seq: u64,
}

/// How one list of an account stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOrder {
    /// The candidate replaces the known list.
    Newer,
    /// The candidate is history.
    Older,
    /// The same bytes.
    Same,
    /// One number, two lists: raise the alarm and take neither's word over the other's.
    Conflict,
    /// The lists are of two accounts and say nothing about each other.
    OtherAccount,
}

impl DeviceList {
    /// The first list of an account: one device, which holds the account key. `now_ms` is unix milliseconds.
    pub fn first(account: AccountId, device: DeviceId, now_ms: u64) -> Self {
        let devices = vec![ListedDevice {
            device,
            may_enrol: true,
        }];
        Self {
            account,
            number: now_ms.max(1),
            devices,
            revoked: Vec::new(),
        }
    }

    /// The number that the next list takes: above this one, and at least the clock's unix milliseconds.
    pub fn next_number(&self, now_ms: u64) -> u64 {
        self.number.saturating_add(1).max(now_ms)
    }

    /// The list that follows this one when an installation goes on as `device` and gives up `old`. What else is live
    /// stays live. Where a list has no room for all that it would name, what was named first is left out: live devices,
    /// though they are revoked by that, since an installation must be able to go on; and revoked ones, which are
    /// revoked either way.
    #[must_use]
    pub fn replacing(&self, old: Revoked, device: DeviceId, now_ms: u64) -> Self {
        let gone = |known: &DeviceId| *known == old.device || *known == device;
        let mut devices = self.devices.clone();
        devices.retain(|listed| !gone(&listed.device));
        devices.push(ListedDevice {
            device,
            may_enrol: true,
        });
        devices.drain(..devices.len().saturating_sub(MAX_DEVICES));
        let mut revoked = self.revoked.clone();
        let known = revoked.iter().any(|known| known.device == old.device);
        if !known {
            revoked.push(old);
        }
        revoked.retain(|known| known.device != device);
        for known in &mut revoked {
            known.ends.truncate(MAX_LOG_ENDS_KEPT);
        }
        let mut ends: usize = revoked.iter().map(|known| known.ends.len()).sum();
        while revoked.len() > MAX_REVOKED || ends > MAX_LOG_ENDS_KEPT {
            ends -= revoked.remove(0).ends.len();
        }
        Self {
            account: self.account,
            number: self.next_number(now_ms),
            devices,
            revoked,
        }
    }

    /// Whether `device` speaks for the account.
    pub fn lists(&self, device: &DeviceId) -> bool {
        self.devices.iter().any(|listed| listed.device == *device)
    }

    /// What was kept of a revoked device, if it is one.
    pub fn revoked(&self, device: &DeviceId) -> Option<&Revoked> {
        self.revoked.iter().find(|revoked| revoked.device == *device)
    }
}

impl Revoked {
    /// The last sequence number still accepted of one of the device's logs; 0 when none is.
    pub fn accepted_end(&self, conversation: &ConversationId, log: LogKind) -> u64 {
        let same = |end: &&LogEnd| end.conversation == *conversation && end.log == log;
        self.ends.iter().find(same).map_or(0, |end| end.seq)
    }
}

/// How `candidate` stands to the list that is `known`.
pub fn compare_lists(known: &Signed<DeviceList>, candidate: &Signed<DeviceList>) -> ListOrder {
    let (old, new) = (known.value(), candidate.value());
    if old.account != new.account {
        return ListOrder::OtherAccount;
    }
    match new.number.cmp(&old.number) {
        core::cmp::Ordering::Greater => ListOrder::Newer,
        core::cmp::Ordering::Less => ListOrder::Older,
        core::cmp::Ordering::Equal if known.payload() == candidate.payload() => ListOrder::Same,
        core::cmp::Ordering::Equal => ListOrder::Conflict,
    }
}

impl Document for DeviceList {
    const NAME: &'static str = "device list";
    const LABEL: &'static str = "kith device list v1";
    const MAX_BYTES: usize = 128 * 1024;

    fn signer(&self) -> [u8; 32] {
        *self.account.as_bytes()
    }

    fn check(&self) -> Result<()> {
        let rule = |rule| {
            Err(CryptoError::NotAllowed {
                what: Self::NAME,
                rule,
            })
        };
        if self.number == 0 {
            return rule("its number is zero");
        }
        if self.devices.is_empty() || self.devices.len() > MAX_DEVICES {
            return rule("it names no device, or too many");
        }
        if self.revoked.len() > MAX_REVOKED || self.revoked.iter().any(|r| r.ends.len() > MAX_LOG_ENDS) {
            return rule("it revokes too much at once");
        }
        let mut seen = HashSet::new();
        let live = self.devices.iter().map(|listed| listed.device);
        if !live
            .chain(self.revoked.iter().map(|revoked| revoked.device))
            .all(|device| seen.insert(device))
        {
            return rule("it names one device twice");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{AccountKey, DeviceKey};

    fn ana() -> AccountKey {
        AccountKey::from_entropy([1; 32])
    }

    fn phone() -> DeviceId {
        DeviceKey::from_bytes([2; 32]).id()
    }

    fn laptop() -> DeviceId {
        DeviceKey::from_bytes([3; 32]).id()
    }

    #[test]
    fn a_restored_device_outruns_lists_that_it_never_saw() {
        let first = DeviceList::first(ana().id(), phone(), 1_000);
        let mut second = first.clone();
        second.number = first.next_number(900); // the clock went back: still above
        assert_eq!(second.number, 1_001);
        let restored = DeviceList::first(ana().id(), laptop(), 5_000);
        let [first, second, restored] =
            [first, second, restored].map(|list| Signed::seal(list, &ana()).unwrap());
        assert_eq!(compare_lists(&first, &second), ListOrder::Newer);
        assert_eq!(compare_lists(&second, &restored), ListOrder::Newer);
        assert_eq!(compare_lists(&restored, &second), ListOrder::Older);
        assert_eq!(compare_lists(&first, &first.clone()), ListOrder::Same);
        assert!(
            !restored.value().lists(&phone()),
            "what is left out does not speak for the account"
        );
    }

    #[test]
    fn two_lists_under_one_number_raise_the_alarm() {
        let one = Signed::seal(DeviceList::first(ana().id(), phone(), 7), &ana()).unwrap();
        let other = Signed::seal(DeviceList::first(ana().id(), laptop(), 7), &ana()).unwrap();
        assert_eq!(compare_lists(&one, &other), ListOrder::Conflict);
        let ben = AccountKey::from_entropy([9; 32]);
        let foreign = Signed::seal(DeviceList::first(ben.id(), phone(), 7), &ben).unwrap();
        assert_eq!(compare_lists(&one, &foreign), ListOrder::OtherAccount);
    }

    #[test]
    fn a_revoked_device_keeps_what_was_accepted_and_no_more() {
        let conversation = ConversationId::from_bytes([4; 32]);
        let end = LogEnd {
            conversation,
            log: LogKind::Content,
            seq: 12,
        };
        let mut list = DeviceList::first(ana().id(), laptop(), 7);
        list.revoked.push(Revoked {
            device: phone(),
            ends: vec![end],
        });
        let bytes = Signed::seal(list, &ana()).unwrap().encode();
        let read = Signed::<DeviceList>::open(&bytes).unwrap();
        let revoked = read.value().revoked(&phone()).unwrap();
        assert_eq!(revoked.accepted_end(&conversation, LogKind::Content), 12);
        assert_eq!(revoked.accepted_end(&conversation, LogKind::Control), 0);
        assert!(!read.value().lists(&phone()));
    }

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_bytes([number; 32]).id()
    }

    fn revoked(device: DeviceId, ends: usize) -> Revoked {
        let end = LogEnd {
            conversation: ConversationId::from_bytes([0xff; 32]),
            log: LogKind::Content,
            seq: u64::MAX,
        };
        let ends = vec![end; ends];
        Revoked { device, ends }
    }

    #[test]
    fn who_takes_a_devices_place_leaves_the_others_as_they_are() {
        let first = DeviceList::first(ana().id(), phone(), 7);
        let second = first.replacing(revoked(phone(), 1), laptop(), 3);
        assert_eq!(second.number, 8);
        assert!(second.lists(&laptop()) && !second.lists(&phone()));
        // The phone's old folder is put back once more: what is known of it stays, and the laptop is live.
        let third = second.replacing(revoked(phone(), 5), device(5), 900);
        assert_eq!(third.number, 900);
        assert!(third.lists(&laptop()) && third.lists(&device(5)) && !third.lists(&phone()));
        assert_eq!(third.revoked, vec![revoked(phone(), 1)]);
        assert!(Signed::seal(third, &ana()).is_ok());
    }

    #[test]
    fn a_device_can_be_replaced_however_often() {
        let mut list = DeviceList::first(ana().id(), device(0), 7);
        for number in 1..=200 {
            // Copies of two folders, so that the live devices grow as well.
            list = list.replacing(revoked(device(number - 1), 300), device(number), 7);
            if number % 3 == 0 {
                list.devices.push(ListedDevice {
                    device: DeviceKey::from_bytes([number, 1].repeat(16).try_into().unwrap()).id(),
                    may_enrol: true,
                });
                list = list.replacing(revoked(device(255), 0), device(number), 7);
            }
            assert!(list.lists(&device(number)));
            assert!(Signed::seal(list.clone(), &ana()).is_ok(), "at {number}");
        }
        assert_eq!(list.devices.len(), MAX_DEVICES);
    }

    #[test]
    fn lists_that_contradict_themselves_are_not_signed() {
        let good = DeviceList::first(ana().id(), phone(), 7);
        let mut twice = good.clone();
        twice.devices.push(twice.devices[0]);
        let mut both = good.clone();
        both.revoked.push(Revoked {
            device: phone(),
            ends: vec![],
        });
        let mut none = good.clone();
        none.devices.clear();
        let mut zero = good.clone();
        zero.number = 0;
        for bad in [twice, both, none, zero] {
            assert!(matches!(
                Signed::seal(bad, &ana()),
                Err(CryptoError::NotAllowed { .. })
            ));
        }
        assert_eq!(
            Signed::seal(good, &AccountKey::from_entropy([9; 32])),
            Err(CryptoError::WrongSigner)
        );
    }
}
