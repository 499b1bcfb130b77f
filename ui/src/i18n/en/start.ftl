### Before a profile is open: first start, unlock, restore.

welcome-title = Talk to your people
welcome-text = Kith connects your computers directly. No server in between, no account with a company.
welcome-create = Create an account
welcome-restore = Restore from 24 words
welcome-unlock = Open a profile on this computer

person-title = Who are you?
person-text = Your contacts see your name and picture. You can change both later.
person-create = Create account
picture-file = File of the picture
picture-file-hint = If nothing came up to choose from: drop the picture’s file on this window, or type where it is.
picture-file-use = Use this picture
picture-choose = Choose a picture
picture-optional = Picture (optional)
picture-unreadable = This file is not a picture Kith can read. Choose a PNG, JPEG or WebP.
name-label = Name
name-hint = As your friends know you

passphrase-label = Passphrase
passphrase-again-label = Passphrase again
passphrase-differs = This is not the same passphrase.
passphrase-hint = Seals your messages on this computer. Four or more words that have nothing to do with each other are best.
passphrase-score-0 = Guessed at once. Use several words that have nothing to do with each other.
passphrase-score-1 = Weak. Add another word or two.
passphrase-score-2 = Fair.
passphrase-score-3 = Good.
passphrase-score-4 = Very strong.

words-title = Write these words down
words-text = These 24 words are your account. With them you can bring it back on any computer.
words-warning = Keep them on paper, where only you find them. Whoever has them is you, and nobody can make new ones.
words-written = I wrote them down
ask-back-title = Let us check
ask-back-text = Type these two of your words.
ask-back-word = Word { $number }
ask-back-wrong = These are not the words. Look at your paper, or go back to see them again.
ask-back-done = Finish

pick-title = Welcome back
pick-text = Choose a profile to open.
pick-new = Add a profile
unlock-passphrase = Passphrase
unlock-open = Unlock
unlock-other = Choose another profile
unlock-delete = Delete this profile
unlock-delete-text = For a profile that cannot be unlocked any more. All its messages and keys go from this computer, for good. With its 24 words the account can be restored; your contacts keep what they have.
unlock-delete-name = Type the name “{ $name }” to go on
unlock-delete-button = Delete for good
unlock-delete-keep = Keep it
unlock-new = Add a profile

restore-title = Restore your account
restore-text = Type or paste your 24 words in order.
restore-words-label = Recovery words
restore-hint = word word word …
restore-count = { $count } of { $of } words
restore-person-title = Welcome back
restore-person-text = Choose the name your contacts see, and a passphrase for this computer.
restore-limits = Your account comes back. Contacts and messages come back from the people you meet again. What only the lost computer had cannot come back: drafts, settings, and chats that nobody else has kept.
restore-done = Restore account

error-open-elsewhere = This profile is open in another window, which was brought to the front. Nothing was changed.
error-profile-in-use-by = This profile is open in another program (process { $process }). Nothing was changed. Close that first.
error-profile-in-use = This profile is open in another program. Nothing was changed. Close that first.
error-passphrase-empty = The passphrase is empty. Nothing was changed. Choose one with several words.
error-profile-name = This name cannot be used: it has 1 to 64 visible letters on one line. Nothing was changed. Choose another.
error-profile-name-taken = Too many profiles on this computer have this name. Nothing was changed. Choose another.
error-no-profile = There is no profile here any more, or it is not open. Nothing was changed. Choose it again.
error-profile-file-missing = The file “{ $file }” of this profile is missing, so it cannot be opened. The other files were not touched. Put it back from a copy of the folder, or restore your account from its 24 words.
error-profile-file-damaged = The file “{ $file }” of this profile is damaged, so it cannot be opened. Nothing was changed. Put it back from a copy of the folder, or restore your account from its 24 words.
error-profile-memory = There is not enough free memory to open the vault. Nothing was changed. Close other programs and try again.
error-profile-network = The network could not be set up. What is stored is safe. Start Kith again; if it happens again, report this: { $reason }
error-profile-store = Your data could not be opened. What is stored was not changed. Start Kith again; if it happens again, check the disk and report this: { $reason }
error-profile-system = Something that Kith needs was refused. What is stored is safe. Try again; if it happens again, report this: { $reason }
error-words-count = An account has 24 words; these are { $count }. Check what you typed.
error-words-unknown = Word { $position } is not a recovery word. Check its spelling.
error-wrong-passphrase = The passphrase is wrong, or the vault is damaged. Nothing was changed. Try again; if you are sure of it, restore your account from its 24 words.
error-profile-disk-full = The disk is full. What is stored is safe and nothing new was saved. Free some space and try again.
error-profile-read-only = Kith may not write to the profile's folder. What is stored is safe. Make the folder writable and try again.
error-profile-future = A newer Kith used this profile last. Nothing was changed. Update Kith to open it.
error-no-words = This computer does not hold the key of your account, so it cannot show its words. They are where you wrote them down.
error-words-checksum = These words do not belong together. Check their order and spelling; nothing was changed.
error-picture-file = The picture could not be read: { $reason }. The old one stays.
error-picture-size = The picture is over 8 MB. Choose a smaller one; the old one stays.
deleted-profile = The profile was deleted from this computer.
error-settings = Your choice could not be kept: { $reason }. It holds until Kith is closed.
