### Safety numbers, delivery details, letters kept for one another.

# Safety numbers.
safety-title = Safety number
safety-hint = You and { $name } see the same 60 digits unless somebody stands between you. Compare them face to face or on a call, not through Kith.
safety-digits = Safety number with { $name }
safety-qr = The safety number as a QR code
safety-copy = Copy digits
safety-loading = The digits are on their way
safety-field = What { $name } sees
safety-field-hint = Paste their digits or code
safety-compare = Compare
safety-same = The same: nobody stands between you and { $name }.
safety-different = Not the same. Either these digits are from another chat, or somebody stands between you. Write nothing private, and ask { $name } face to face.
safety-unusable = These are neither 60 digits nor a safety code. Ask { $name } to copy them again.
safety-mark = They are the same: mark as verified
safety-verified-on = Verified: { $time }
safety-take-back = Take back
safety-compare-offer = Compare safety numbers
verified-name = { $name }, verified
verified-tip = You compared safety numbers: nobody stands between you and { $name }.

# Delivery details of a message.
message-details = Delivery details
ledger-written = Written: { $time }
ledger-loading = The details are on their way
ledger-device = { $name }’s device
ledger-device-marked = { $name }’s device { $mark }
ledger-device-gone = A former device of { $name } ({ $mark })
ledger-pending = Being saved on this computer
ledger-waiting = Not handed to anyone yet. It goes out once this device can be reached.
ledger-held = Held, sealed, by a friend’s computer; expires in { $amount }
ledger-delivered = Delivered: { $time }. Not read yet.
ledger-delivered-read = Delivered: { $time }
ledger-read = Read: { $time }
ledger-none = None of { $name }’s devices is known yet. It goes out once you have met.
ledger-unknown = None of their devices is known yet. It goes out once you have met.
ledger-group = Delivered to { $delivered } of { $all }, read by { $read }
ledger-hint = A tick shows only once the device itself has confirmed it. This list changes while you watch.
moment-day = { $day }, { $time }

# Letters kept for one another.
settings-carrying = Letters for friends
settings-carrying-hint = Kept while one is away
carrying-intro = Friends keep sealed letters for each other while one is away. They cannot open them.
carrying-ours = Who keeps letters for you
carrying-ours-hint = What is written to you while you are away waits there, and reaches you even if you and the writer are never online together.
carrying-ours-none = Nobody yet.
carrying-choose = Choose a friend
carrier-agreed = Agreed: up to { $size }, { $days ->
    [one] each letter for { $days } day
   *[other] each letter for { $days } days
}
carrier-waits = Has not agreed yet. It begins once they do.
carrier-offers = Offers to keep letters for you
carrier-no = Does not keep letters for you
carrying-theirs = For whom you keep letters
carrying-theirs-hint = Their letters take some room on this disk. They can be left and collected only while your Kith is open.
carrying-theirs-none = Nobody yet.
carrying-theirs-off = Turned off: you keep nothing for anybody.
carrying-room = Room for them
carrying-off = Off
carrying-days = Keep each letter for at most
carrying-held = { $size } in all
mailbox-empty = Nothing there now
mailbox-holds = { $count ->
    [one] { $count } letter, { $size }
   *[other] { $count } letters, { $size }
}
mailbox-none = You keep no letters for them
mailbox-item = { $size }, since { $time }; expires in { $amount }
mailbox-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
}
mailbox-drop = Throw away
mailbox-drop-of = Throw away what waits for { $name }
mailbox-drop-all = Throw all of it away
mailbox-dropped = Thrown away
choose-carrier-title = Who keeps letters for you?
choose-carrier-hint = They are told, and it begins once they agree. Others learn whom to leave letters with.
choose-carried-title = For whom do you keep letters?
choose-carried-hint = They are told that you offer it. You never see what is inside.
choose-none = There is nobody else to choose.
person-letters = Letters while one of you is away
person-carries = { $name } keeps yours
person-carried = You keep theirs
person-reachable = While { $name } is away, what you write can wait with a friend of theirs.
offer-both = Keep sealed letters for each other while one of you is away? Neither of you can open them.
offer-answer = { $name } offers to keep sealed letters for you while you are away. Shall each of you do so for the other?
offer-yes = Yes, both of us
offer-no = Not now

size-b = { $size } B
size-kb = { $size } kB
size-mb = { $size } MB
size-gb = { $size } GB
