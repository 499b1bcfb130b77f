//! Gossip reaches known devices only.
