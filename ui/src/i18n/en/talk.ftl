### Chats, contacts, invites and settings.

error-empty-text = There is nothing to send: the message is empty.
error-text-too-long = The text is too long. Nothing was sent: shorten it or send it in parts.
error-profile-text = This name or status cannot be used: { $reason } The old one stays.
error-picture = This picture cannot be used: { $reason } The old one stays.
error-unknown-conversation = This chat is not on this device.
error-unknown-contact = This contact is not on this device.
error-unknown-invite = This invite is not on this device.
error-unknown-picture = This picture is not on this device yet.
error-not-an-invite = This is not a Kith invite link. Ask your contact to copy it again; it begins with kith:
error-damaged-invite = This invite link is damaged: a part of it is missing or changed. Ask your contact to copy it again.
error-future-invite = This invite link was made by a newer Kith. Update Kith, then open it again.
error-own-invite = This is your own invite link. Send it to the person you want to talk to.
error-invite-used = Somebody used this invite link already. Ask your contact for a new one.
error-invite-expired = The time of this invite link is over. Ask your contact for a new one.
error-invite-revoked = This invite link was taken back. Ask your contact for a new one.
error-invite-unknown = Its maker does not know this invite link. Ask your contact for a new one.
error-already-contact = You are already in contact with this person.
error-contact-accepted = You are in contact already, so this cannot be taken back.
error-contact-waiting = You can write as soon as your contact has been reached for the first time. Your draft is kept.
error-out-of-range = { $what } must be between { $min } and { $max }.
error-disk-full = The disk is full, so nothing new can be kept. Everything kept so far is safe. Free some space and try again.
error-storage = Your data could not be read or written ({ $reason }). Nothing that was acknowledged is lost. Restart Kith; if it happens again, check the disk.
error-internal = Something inside Kith failed and was contained. What was acknowledged is safe. For a bug report: { $place }
error-outdated-copy = This profile is an older copy of itself: an old folder was put back. Reading works; writing waits until this device is enrolled anew.
error-closed = Kith is closing.
