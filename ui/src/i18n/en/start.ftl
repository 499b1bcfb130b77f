### Before a profile is open: first start, unlock, restore.
