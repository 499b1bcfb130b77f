### Chats, contacts, invites and settings.
