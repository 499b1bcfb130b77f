//! What people do, and what they have in their heads.

use std::collections::BTreeMap;

use kith_node::{Command, Reply, view::InviteView};

use super::{
    deleting::{Deleting, Deletions},
    faults::Fault,
    report::Happening,
    witness::Checked,
    world::{Plan, World},
};

/// After how long a group that could not begin is tried again, milliseconds.
const FOUND_AGAIN_MS: u64 = 3_000;

/// Something that is done. A chat is named by its number; whoever does it is a member.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A machine is started.
    Start(usize),
    /// A person makes an invite for the other.
    Invite { chat: usize, by: usize },
    /// A person opens the newest invite that the other made for them.
    Add { chat: usize, by: usize },
    /// The first of a group begins it, as soon as all others are contacts.
    Found { chat: usize },
    /// A person sends this many messages.
    Send { chat: usize, by: usize, count: u64 },
    /// A person has read so much of their rows, in a hundred.
    Read { chat: usize, by: usize, share: u64 },
    /// A person types.
    Draft { chat: usize, by: usize },
    /// A person changes their profile.
    Profile(usize),
    /// A person looks at everything.
    Look(usize),
    /// A machine finds the other on the local network.
    Discover { chat: usize, by: usize },
    /// A person begins or ends to carry for the other.
    Carry { chat: usize, by: usize, carry: bool },
    /// A person lets the other carry for them, or no longer.
    UseCarrier { chat: usize, by: usize, used: bool },
    /// A person drops what they hold for the other.
    DropHeld { chat: usize, by: usize },
    /// A person says how much they carry in all.
    LimitCarrying { by: usize, max_mb: u64 },
    /// A person deletes something, or thinks again.
    Delete { chat: usize, by: usize, what: Deleting },
    /// A disk has room again.
    Free(usize),
    /// Something goes wrong.
    Fault(Fault),
}

/// What the people of a story have in their heads.
#[derive(Default)]
pub(super) struct People {
    /// The newest invite that somebody made for a chat.
    invites: BTreeMap<(usize, usize), String>,
    /// What they wished deleted last.
    pub deletions: Deletions,
    written: u64,
}

impl People {
    fn next(&mut self) -> u64 {
        self.written += 1;
        self.written
    }
}

impl World {
    /// Does one thing of a story.
    pub fn act(&mut self, act: Act) -> Checked {
        match act {
            Act::Start(node) => self.start(node),
            Act::Invite { chat, by } => self.invites(chat, by),
            Act::Add { chat, by } => self.adds(chat, by),
            Act::Found { chat } => self.founds(chat),
            Act::Send { chat, by, count } => (0..count).try_for_each(|_| self.sends(chat, by)),
            Act::Read { chat, by, share } => self.reads(chat, by, share),
            Act::Draft { chat, by } => self.drafts(chat, by),
            Act::Profile(by) => self.renames(by),
            Act::Look(by) => self.look(by),
            Act::Discover { chat, by } => self.discover(by, self.other(chat, by)),
            Act::Carry { chat, by, carry } => self.carries(chat, by, carry),
            Act::UseCarrier { chat, by, used } => self.uses(chat, by, used),
            Act::DropHeld { chat, by } => {
                let account = self.machines[self.other(chat, by)].identity.account;
                self.does_if_up(by, Command::DropHeld { account }, Happening::HeldDropped)
            }
            Act::LimitCarrying { by, max_mb } => {
                let command = Command::SetCarryingLimits { max_mb, days: 1 };
                self.does_if_up(by, command, Happening::CarryingLimited)
            }
            Act::Delete { chat, by, what } => self.deletes((chat, by), what),
            Act::Free(node) => {
                self.machines[node].store.set_full(false);
                Ok(())
            }
            Act::Fault(fault) => self.fault(fault),
        }
    }

    /// The other person of a direct chat.
    pub fn other(&self, chat: usize, by: usize) -> usize {
        let members = &self.chats[chat].members;
        members.iter().copied().find(|member| *member != by).unwrap_or(by)
    }

    /// The founder of a group begins it; if not all are contacts yet, or they are away, they try again in a while.
    pub fn founds(&mut self, chat: usize) -> Checked {
        if self.chats[chat].id.is_some() {
            return Ok(());
        }
        let Some((founder, others)) = self.chats[chat].members.split_first() else {
            return Ok(());
        };
        let (founder, others) = (*founder, others.to_vec());
        let members = others
            .iter()
            .map(|node| self.machines[*node].identity.account)
            .collect();
        let name = format!("Group {}", self.people.next());
        let command = Command::CreateGroup { name, members };
        match self.asks(founder, command)? {
            Some(Ok(Reply::Conversation(view))) => {
                self.tally.note(Happening::Founded);
                self.chats[chat].id = Some(view.id);
            }
            _ => self.plan_free(FOUND_AGAIN_MS, Plan::Act(Act::Found { chat })),
        }
        Ok(())
    }

    fn does_if_up(&mut self, by: usize, command: Command, happening: Happening) -> Checked {
        if let Some(Ok(_)) = self.asks(by, command)? {
            self.tally.note(happening);
        }
        Ok(())
    }

    fn invites(&mut self, chat: usize, by: usize) -> Checked {
        let reply = self.asks(by, Command::CreateInvite { valid_for_s: None })?;
        if let Some(Ok(Reply::Invite(InviteView { link, .. }))) = reply {
            self.tally.note(Happening::Invited);
            self.people.invites.insert((chat, by), link);
        }
        Ok(())
    }

    fn adds(&mut self, chat: usize, by: usize) -> Checked {
        let Some(link) = self.people.invites.get(&(chat, self.other(chat, by))).cloned() else {
            return Ok(());
        };
        self.does_if_up(by, Command::AddContact { link }, Happening::Added)
    }

    fn sends(&mut self, chat: usize, by: usize) -> Checked {
        // No text is a part of another.
        let text = format!("<{} {}>", self.machines[by].name, self.people.next());
        let Some(conversation) = self.chats[chat].id else {
            return Ok(());
        };
        let reply = self.asks(by, Command::SendMessage { conversation, text })?;
        if let Some(Ok(_)) = reply {
            self.tally.note(Happening::Sent);
            let batch = self.machines[by].newest_batch;
            self.witness.drafted(by, &conversation, batch, "")?;
        }
        Ok(())
    }

    fn reads(&mut self, chat: usize, by: usize, share: u64) -> Checked {
        let Some(conversation) = self.chats[chat].id else {
            return Ok(());
        };
        let Some(up_to) = self.witness.place(by, &conversation, share)? else {
            return Ok(());
        };
        let reply = self.asks(by, Command::MarkRead { conversation, up_to })?;
        if let Some(Ok(_)) = reply {
            self.tally.note(Happening::MarkedRead);
            self.witness.read(by, &conversation, &up_to)?;
        }
        Ok(())
    }

    fn drafts(&mut self, chat: usize, by: usize) -> Checked {
        let text = format!("a thought {}", self.people.next());
        let Some(conversation) = self.chats[chat].id else {
            return Ok(());
        };
        let command = Command::SetDraft {
            conversation,
            text: text.clone(),
        };
        if let Some(Ok(_)) = self.asks(by, command)? {
            self.tally.note(Happening::Drafted);
            let batch = self.machines[by].newest_batch;
            self.witness.drafted(by, &conversation, batch, &text)?;
        }
        Ok(())
    }

    fn renames(&mut self, by: usize) -> Checked {
        let number = self.people.next();
        let name = format!("{} the {number}.", self.machines[by].name);
        let status = format!("status {number}");
        self.does_if_up(
            by,
            Command::SetProfile { name, status },
            Happening::ProfileChanged,
        )
    }

    fn carries(&mut self, chat: usize, by: usize, carry: bool) -> Checked {
        let account = self.machines[self.other(chat, by)].identity.account;
        let happening = if carry {
            Happening::CarryingOffered
        } else {
            Happening::CarryingEnded
        };
        self.does_if_up(by, Command::SetCarrying { account, carry }, happening)
    }

    fn uses(&mut self, chat: usize, by: usize, used: bool) -> Checked {
        let account = self.machines[self.other(chat, by)].identity.account;
        let happening = if used {
            Happening::CarrierChosen
        } else {
            Happening::CarrierLeft
        };
        self.does_if_up(by, Command::UseCarrier { account, used }, happening)
    }
}
