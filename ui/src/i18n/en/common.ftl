### What is said in many places: times, buttons, the frame around everything.

app-name = Kith

section-chats = Chats
section-contacts = Contacts
section-settings = Settings
list-width = Width of the list
own-menu = Your profile
own-profile = Profile
own-lock = Lock
own-other-profile = Open another profile
own-quit = Quit
lock-failed = Kith was not locked, because its window could not be opened again ({ $reason }). Quit Kith to lock it, then start it anew.
other-failed = No other window could be opened ({ $reason }). This one goes on. Quit Kith and start it anew; if that fails, install it again.
back = Back
close = Close
cancel = Cancel
continue = Continue
retry = Try again
cause-denied = permission was denied
cause-not-found = a file or folder is not there
cause-no-room = the disk has no room
cause-read-only = the disk can only be read
cause-other = the system gave error { $number }
load-failed-title = This could not be loaded
copied = Copied
show-passphrase = Show the passphrase
hide-passphrase = Hide the passphrase
working = Working…
dismiss = Dismiss

unread-count = { $count ->
    [one] { $count } unread message
   *[other] { $count } unread messages
}

tick-pending = Being saved
tick-saved = Saved on this computer
tick-held = Held for them by a friend’s computer
tick-delivered = Delivered
tick-read = Read

day-today = Today
day-yesterday = Yesterday
date-this-year = { $day } { $month }
date-other-year = { $day } { $month } { $year }
date-time = { $date }, { $time }
seen-just-now = last seen just now
seen-minutes = { $minutes ->
    [one] last seen { $minutes } minute ago
   *[other] last seen { $minutes } minutes ago
}
seen-today = last seen today at { $time }
seen-yesterday = last seen yesterday at { $time }
seen-on = last seen { $day }
weekday-monday = Monday
weekday-tuesday = Tuesday
weekday-wednesday = Wednesday
weekday-thursday = Thursday
weekday-friday = Friday
weekday-saturday = Saturday
weekday-sunday = Sunday
month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December

fault = Something inside Kith failed and was contained. Nothing that was saved is lost. If something does not work from now on, start Kith again. For a bug report: { $place }
settings-unread = Some of your choices could not be read and stand as they were at the beginning. The file with them is kept: { $file }
link-failed = Nothing on this computer opened the link. Its address is copied: paste it into a browser.

# The window's own code failed.
fallen-title = Something in this window went wrong
fallen-text = Your messages are safe, and Kith goes on sending and receiving behind this page.
fallen-go-on = Go on
fallen-anew = Start Kith again
