### Chats, contacts, invites and settings.

# The chat list.
chats-search = Search
chats-new = New chat
chats-empty-title = No chats yet
chats-empty-hint = Invite somebody you know, or open a link they sent you.
chats-restored-title = Your account is back
chats-restored-hint = Contacts come back as soon as you are both online, and bring your messages along. Whoever does not come back needs a new invite. Drafts and settings of the lost computer cannot come back.
chats-invite = Invite somebody
chats-open-link = Open a link
chats-none-title = Nothing found
chats-none-hint = No chat is called “{ $query }”.
chats-draft = Draft:
chat-row = { $name }, { $presence }, { $time }, { $last }
chat-row-unread = { $name }, { $presence }, { $time }, { $last }, { $unread }

# A conversation.
conversation-none-title = Choose a chat
conversation-none-hint = Your messages are encrypted from your device to theirs. Nobody in between can read them.
conversation-first-title = Your chats open here
conversation-empty-title = Say hello to { $name }
conversation-empty-hint = Only the two of you can read what you write here.
conversation-waiting-title = Waiting for { $name }
conversation-waiting-hint = It begins as soon as both of you have Kith open at the same time.
conversation-refused-title = { $name } was not reached
conversation-blocked-title = You have blocked { $name }
conversation-alarmed-title = Nothing was written here yet
conversation-alarmed-hint = Clear up what stands above before you write anything private.
conversation-failed-title = These messages could not be loaded
conversation-failed-hint = Nothing is lost. Try again; if it fails again, restart Kith.
conversation-details = Details
jump-newest = Go to the newest message
jump-newest-count = { $count ->
    [one] Go to the newest message, { $count } unread
   *[other] Go to the newest message, { $count } unread
}
jump-unread = Go to the first new message
jump-unread-count = { $count ->
    [one] Go to the first new message, { $count } above
   *[other] Go to the first new message, { $count } above
}
unread-line = New messages
message-by = { $author }, { $time }
message-you = You
message-show-more = Show more
message-menu = Message
message-more = What can be done with the message: { $author }, { $time }
message-copy = Copy text
message-pick = Select
selection-count = { $count } selected
selection-copy = Copy
selection-delete = Delete…
selection-full = { $count } messages are selected. More cannot be selected at once.
message-unsupported = Made by a newer Kith. It will show after an update.
message-deleted = This message was deleted
message-deleted-own = You deleted this message
message-deleting = Being deleted
message-take-back = Take back
message-delete = Delete…
undo = Undo ({ $seconds })
delete-message-title = { $count ->
    [one] Delete message
   *[other] Delete { $count } messages
}
delete-message-me = Delete for me
delete-message-me-hint = { $count ->
    [one] It goes from this device. { $name } keeps it.
   *[other] They go from this device. { $name } keeps what they have of them.
}
delete-message-me-hint-group = { $count ->
    [one] It goes from this device. The others in { $name } keep it.
   *[other] They go from this device. The others in { $name } keep what they have of them.
}
delete-message-everyone = Delete for everyone
delete-message-everyone-hint = { $count ->
    [one] “For everyone” also asks { $name }’s Kith to delete it. { $name } may have read or copied it before. “For me” deletes it only on this device.
   *[other] “For everyone” also asks { $name }’s Kith to delete them. { $name } may have read or copied them before. “For me” deletes them only on this device.
}
delete-message-everyone-hint-group = { $count ->
    [one] “For everyone” also asks the Kith of everybody in { $name } to delete it. Some may have read or copied it before. “For me” deletes it only on this device.
   *[other] “For everyone” also asks the Kith of everybody in { $name } to delete them. Some may have read or copied them before. “For me” deletes them only on this device.
}
delete-message-unheld = { $count ->
    [one] Nobody has this message yet, so it is gone everywhere.
   *[other] Nobody has these messages yet, so they are gone everywhere.
}
delete-message-button = Delete
delete-chat = Delete chat…
delete-chat-title = Delete chat
delete-chat-goes = All messages of this chat, and your draft, go from this device.
delete-chat-stays = { $name } stays your contact and keeps what they have.
delete-chat-stays-group = You still belong to { $name }: the others keep what they have, and what they write from now on comes to you.
delete-chat-undelivered = { $count ->
    [one] One message of yours that nobody has yet is taken back.
   *[other] { $count } messages of yours that nobody has yet are taken back.
}
delete-chat-undelivered-some = Messages of yours that nobody has yet are taken back.
delete-chat-button = Delete chat
deleted-messages = { $count ->
    [one] Message deleted
   *[other] { $count } messages deleted
}
deleted-taken-back = Message taken back
deleted-chats = { $count ->
    [one] Chat deleted
   *[other] { $count } chats deleted
}
deleted-chat = { $count ->
    [0] Chat deleted
    [one] Chat deleted. One message that nobody has yet is taken back.
   *[other] Chat deleted. { $count } messages that nobody has yet are taken back.
}
timer-title = Disappearing messages
timer-hint = What either of you writes from now on disappears on both sides after this time.
timer-hint-group = What anybody here writes from now on disappears for everyone after this time.
timer-change = The change holds in a few seconds. Until then you can choose otherwise.
timer-off = Off
timer-weeks = { $count ->
    [one] { $count } week
   *[other] { $count } weeks
}
timer-on = Messages disappear after { $time }
timer-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
timer-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
timer-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
timer-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
notice-timer = { $name } set messages to disappear after { $time }
notice-timer-own = You set messages to disappear after { $time }
notice-timer-off = { $name } set messages to stay
notice-timer-off-own = You set messages to stay
link-open = Open { $host } in your browser
link-invite = Open this invite
notice-contact-added = You and { $name } are in contact. Only the two of you can read this chat.
last-contact-added = You are in contact now
last-waiting = Not reached yet
last-refused = The link was refused
last-blocked = Blocked
notice-new-device = { $name } writes from a new device. If that surprises you, ask { $name } about it face to face or on a call.
notice-new-device-own = You write from a new device.
notice-device-gone = { $name } no longer writes from one of their devices. Kith accepts nothing new from it.
notice-equivocation = A device of { $name } contradicted itself. Kith accepts nothing more from that device.
notice-equivocation-own = A device of yours contradicted itself. Kith accepts nothing more from that device.
presence-lan = online, same network
presence-direct = online, direct
presence-relayed = online, indirect
presence-offline = offline
presence-waiting = not reached yet
presence-refused = link refused
presence-blocked = blocked

# Writing.
composer-hint = Message
composer-name = Message to { $name }
composer-send = Send
composer-emoji = Emoji
composer-waiting = You can write as soon as { $name } has been reached for the first time. Your draft is kept.
composer-refused = { $name } cannot be reached: the link you opened was refused.
composer-too-long = This is too long for one message. Shorten it or send it in parts: until then Kith keeps it only while it is open.
emoji-smileys = Smileys
emoji-hands = Hands and people
emoji-hearts = Hearts and signs
emoji-nature = Animals and nature
emoji-food = Food and drink
emoji-things = Things and places

# Contacts.
contacts-search = Search
contacts-add = Add a contact
contacts-empty-title = No contacts yet
contacts-empty-hint = Hand out an invite, or open a link that somebody sent you.
contacts-none-hint = No contact is called “{ $query }”.
contact-message = Message
contact-remove = Remove
contact-none-title = Choose a contact
contact-none-hint = Here you see how they are reached and what can be done.
contact-key = Key
contact-key-hint = Four characters of their key, to tell people of one name apart.
contact-status = Status
contact-waiting = Waiting until { $name } can be reached for the first time. Both of you need to have Kith open at the same time.
contact-refused-used = Somebody used this invite link already. Ask { $name } for a new one.
contact-refused-expired = The time of this invite link is over. Ask { $name } for a new one.
contact-refused-revoked = { $name } took this invite link back. Ask for a new one.
contact-refused-unknown = { $name }’s Kith does not know this invite link. Ask for a new one.
contact-blocked = You have blocked { $name }: nothing goes to them and nothing of theirs reaches you. What was said stays here.
contact-block = Block…
block-title = Block { $name }?
block-body = { $name } can no longer write to you or see when you are there, and is not told. You can take it back at any time.
block-button = Block
contact-unblock = Unblock
contact-unblock-hint = You and { $name } are in contact again as soon as both of you are there. Who keeps letters for whom has to be chosen anew.
contact-unknown-title = This contact is gone
contact-unknown-hint = It was removed on this device.
contact-alarmed = Somebody may be posing as { $name }: two lists of their devices contradict each other. Ask { $name } face to face or by phone before you write anything private.
contact-alarmed-more = Kith keeps to the devices it knew first and refuses the others. If { $name } does not know why this happened, their recovery words may have been stolen.

# Invites.
invite-title = Invite somebody
invite-hint = Send this link to one person. It can be used once.
invite-qr = The invite link as a QR code
invite-copy = Copy link
invite-new = New link
invite-making = Making a link
invite-failed = No link could be made.
invite-done-title = { $name } opened your link
invite-done-somebody = Your link was opened
invite-expires = Good until { $time }
invite-open = Not used yet
invite-used = Used by { $name }
invite-used-somebody = Used
invite-expired = Expired
invite-revoked = Taken back
invite-revoke = Take back
invite-other = Open a link instead
invite-handed-out = Links you handed out
invite-row-open = { $count ->
    [0] None waits to be used
    [one] { $count } waits to be used
   *[other] { $count } wait to be used
}
add-title = Open an invite
add-hint = Paste the link that somebody sent you.
add-field = Invite link
add-field-hint = kith:…
add-button = Add contact
add-other = Invite somebody instead
find-title = Find
find-field = Find a chat or a person
find-none = Nobody is called “{ $query }”.

# A new group.
group-new = New group
group-new-hint = Everybody whom you choose reads what is written. Nobody can be added or removed later.
group-new-few = A group takes at least two of your contacts, and you have not reached so many yet. Invite somebody first.
group-name = Name of the group
group-new-chosen = { $count ->
    [0] Choose two to seven people
    [one] One more at least
   *[other] { $count } people and you
}
group-new-full = { $count } people and you: nobody else fits
group-new-button = Create group

# What a command can answer.
error-empty-text = There is nothing to send: the message is empty.
error-text-too-long = The text is too long. Nothing was sent: shorten it or send it in parts.
error-profile-text = This name or status cannot be used: a name has 1 to 64 visible letters on one line, a status at most 140. The old one stays.
error-picture = This picture cannot be used: it has to be a whole PNG, JPEG or WebP of at most 8 MB and 8192 pixels on a side. The old one stays.
error-group-name = A group cannot have this name: it has 1 to 64 visible letters on one line. Nothing was changed.
error-named-twice = Somebody is named twice. Each person is in a group once, and you belong to yours anyway.
error-unknown-conversation = This chat is not on this device.
error-unknown-contact = This contact is not on this device.
error-unknown-invite = This invite is not on this device.
error-unknown-picture = This picture is not on this device yet.
error-unknown-message = This message is not on this device.
error-not-own-message = Only your own messages have a delivery record.
error-not-yours = Only your own messages can be taken back or deleted for everyone. You can delete this one on this device.
error-unknown-deletion = This cannot be undone any more: its ten seconds are over, or it was undone already.
error-too-often = Nothing was changed: too much was deleted, or set to disappear, within a minute. Try again in { $seconds } s; up to 100 messages can be deleted at once.
error-cancel-held = This message cannot be taken back any more: a carrier holds it for { $name }. Delete it for everyone instead.
error-cancel-delivered = This message cannot be taken back any more: it is on a device of { $name }. Delete it for everyone instead.
error-cancel-read = This message cannot be taken back any more: { $name } has read it. Delete it for everyone instead.
error-not-a-safety-code = This is not a Kith safety code. Scan the one that your contact’s app shows beside the number.
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
error-not-a-bootstrap = { $address } is no address of a bootstrap node. Nothing was changed. Copy the whole address that the person who runs it gave you; it begins like /ip4/203.0.113.7/tcp/5484 or /dns4/.
error-contact-blocked = You have blocked this person: nothing is sent to them and nothing of theirs is taken. Unblock them first.
error-left-group = You have left this group: nothing can be written here any more. What is here stays to be read.
error-out-of-range = { $what } must be between { $min } and { $max }.
error-disk-full = The disk is full, so nothing new can be kept. Everything kept so far is safe. Free some space and try again.
error-storage = Your data could not be read or written ({ $reason }). Nothing that was acknowledged is lost. Restart Kith; if it happens again, check the disk.
error-internal = Something inside Kith failed and was contained. What was acknowledged is safe. For a bug report: { $place }
error-outdated-copy = This profile is an old copy: a contact has newer messages of yours, or knows another device in the place of this one. Nothing that you wrote here is lost: it is sent once Kith has been restarted, and writing goes on then.
error-closed = Kith is closing.

# The status line.
status-name = Connection
status-loading = Looking around…
status-online = Online
status-connected-one = Connected to { $name }
status-connected = { $count ->
    [one] Connected to { $count } contact
   *[other] Connected to { $count } contacts
}
status-way-lan = same network
status-way-direct = direct
status-way-indirect = indirect
status-way-mixed = several ways
status-nobody = Online. None of your contacts is there now.
status-lan-only = On the local network only
status-no-network = No network. Messages wait here.
status-no-meeting = No meeting point answers
status-alone = Not connected
status-clock = Your clock is wrong by { $amount }
status-clock-doubted = Your clock may be wrong by { $amount }
status-newer = { $name } uses a newer Kith. Update yours
status-kept-out = { $name }’s Kith breaks rules and is kept out until { $until }
status-outdated = This profile is an old copy
status-disk-full = Disk full: nothing new is kept
status-disk-failing = The disk fails: nothing new is kept
status-port = The usual port is taken by another program
status-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
status-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
status-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}

# Settings.
settings-profile = Profile
settings-profile-hint = Name, picture, status
settings-appearance = Appearance
settings-appearance-hint = Theme, text size, language
settings-security = Privacy and security
settings-security-hint = Passphrase, recovery words
settings-network = Network
settings-network-hint = Connections and problems
settings-about = About Kith
settings-about-hint = Version and licence
settings-none-title = Settings
settings-none-hint = Choose a page on the left.
profile-name = Name
profile-name-hint = What others see, up to 64 characters
profile-status = Status
profile-status-hint = A few words about you, up to 140 characters
profile-save = Save
profile-picture-change = Choose a picture
profile-key = Your key
profile-restored = Restored from your words. Your contacts return their messages when you meet them again.
appearance-theme = Theme
appearance-system = As the system
appearance-light = Light
appearance-dark = Dark
appearance-text-size = Text size
appearance-percent = { $percent }%
appearance-motion = Less motion
appearance-motion-hint = Nothing slides or fades
appearance-motion-system = As the system
choice-on = On
choice-off = Off
appearance-language = Language
appearance-language-system = As the system
security-passphrase = Change the passphrase
security-passphrase-hint = It opens this profile on this computer. Your recovery words stay the same.
security-old = Current passphrase
security-new = New passphrase
security-again = New passphrase again
security-change = Change
security-changed = The passphrase was changed.
security-words = Recovery words
security-words-hint = The 24 words that bring your account back on any computer. Whoever has them is you.
security-words-show = Show recovery words
words-again-title = Recovery words
words-again-text = Type your passphrase, and make sure that nobody looks at your screen.
words-again-show = Show the words
security-lock = Lock Kith
security-lock-hint = Forgets the keys until you type your passphrase.
security-delete = Delete this profile
security-delete-hint = Removes everything of it from this computer.
delete-title = Delete this profile?
delete-body = Your messages, contacts and keys are erased from this computer and cannot be brought back from it. With your recovery words you can restore the account; your contacts keep what you wrote.
delete-button = Delete for good
network-now = Right now
network-retry = Try again now
network-bootstraps = Bootstrap nodes
network-bootstraps-none = None. Without one you reach contacts on the same network and at their last known addresses.
network-bootstraps-hint = Only what leads to contacts on other networks: somebody runs one and gives you its address.
network-bootstrap-address = Address of a bootstrap node
network-bootstrap-add = Add
network-bootstrap-remove = Remove
network-bootstrap-given = Given when Kith was started
network-connected = Connected
network-connecting = Connecting
dial-own-address = This address leads back to this device.
dial-no-address = No address is known.
dial-given-up = The attempt was given up.
dial-wrong-identity = Somebody else answers at this address.
dial-too-many = Too many connections are open.
dial-no-answer = No answer.
dial-unsupported = This kind of address is not supported.
dial-broken = The connection broke before it stood.
dial-unreachable = The network cannot be reached.
dial-refused = Nobody listens there.
dial-lost = The connection was lost.
dial-unresolved = The name cannot be found.
network-lan = Local network
network-lan-on = Contacts on the same network are found (mDNS).
network-lan-off = The search on the local network does not work here.
network-listening = Listening on
network-listening-none = Nothing yet.
network-problems = Needs attention
problem-no-network = This computer has no network. What you write is kept and goes out when it is back.
problem-port = Port { $wished } is taken by another program, so Kith uses another one. Your contacts find it on their own.
problem-no-bootstrap = None of your bootstrap nodes answers. Contacts on the same network can be reached; others may not be found.
problem-clock-ahead = Your clock is { $amount } ahead of your contacts’. Times are shown by theirs; please set the clock.
problem-clock-behind = Your clock is { $amount } behind your contacts’. Times are shown by theirs; please set the clock.
problem-clock-doubted = Your clock differs by { $amount } from the time that Kith has kept, and no contact is there to say which is right. Kith goes on by its own time until one is; please check the clock.
problem-newer = { $name } uses a newer Kith. Please update yours: what it cannot read yet comes after that.
problem-kept-out = { $name }’s Kith sent what breaks the rules, again and again, so it is kept out until { $until }. Nothing here is harmed, and what you write to { $name } waits. If it goes on, ask them to update Kith, or block them on their page.
problem-disk-full = The disk is full: nothing new can be kept. Everything kept so far is safe. Free some space.
problem-disk-failing = The disk takes nothing: it fails, was taken away, or may not be written. Everything kept so far is safe. Check the disk, then start Kith again.
about-version = Version { $version }
about-licence = Free software, under the MIT licence or the Apache licence 2.0.
about-promise = No server, no company, no account but your own. What you write is encrypted from your device to theirs.
damage-title = Some of your data was damaged
damage-body = Kith kept the damaged folder and recovered { $recovered } records; at least { $lost } were lost. What contacts still have is fetched from them again.
damage-kept = Kept at { $path }
group-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
group-members-online = { $count } members, { $online } online
group-members-title = Members
group-member-unknown = not among your contacts
group-hint = Everyone here reads what is written. Nobody can be added or removed.
group-empty-hint = Everyone in the group can read what you write here, and nobody else.
group-leave = Leave group…
group-leave-title = Leave { $name }?
group-leave-body = You get nothing more of what is written there, and can write nothing. The others are told. You cannot come back: nobody can be added to a group. What you have stays here to be read, until you delete the chat.
group-leave-button = Leave group
group-left = You have left this group. What was said stays here to be read.
notice-founded = { $name } created the group
notice-founded-own = You created the group
notice-left = { $name } left the group
notice-left-own = You left the group
