//! Makes the pictures in docs/images: the real window on a real node, with four people's nodes around it, light and
//! dark, wide and narrow. `scripts/pictures` gives it a display and makes the files small.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use kith_node::{
    Command,
    id::ConversationId,
    view::{ContactView, ConversationView, InviteView, MessageView},
};
use kith_tests::proc::{
    BootstrapProgram, NodeProgram, Profile, Programs, Screen, Wanted, WindowFlags, WindowProgram,
};
use serde_json::json;

/// Makes the pictures in docs/images.
#[derive(Parser, Debug)]
struct Flags {
    /// The folder to write them into
    into: PathBuf,
}

/// Whose window it is.
const OWNER: &str = "Ada Lovelace";

/// Who writes to the window's owner, in the order of their last words, and what is said; `true` is the owner's.
const TALKS: [(&str, &[(bool, &str)]); 4] = [
    (
        "Charles Babbage",
        &[
            (false, "The drawings for the second engine are done."),
            (true, "All of them? I will come on Thursday."),
            (false, "Bring the punched cards 🙏"),
        ],
    ),
    (
        "मीरा शर्मा",
        &[(true, "कल मिलते हैं?"), (false, "हाँ, शाम को। किताब भी ले आऊँगी 📚")],
    ),
    (
        "Mary Somerville",
        &[
            (false, "Dinner on Saturday, as always?"),
            (true, "With pleasure. Shall I ask Charles too?"),
        ],
    ),
    (
        "Grace Hopper",
        &[
            (false, "Are you there?"),
            (true, "I am. Your compiler gives me no rest."),
            (true, "It took the whole of note G in one go, and it was *right*."),
            (false, "😍"),
            (
                false,
                "Then print it before somebody finds a moth in it. The listing is here: https://example.org/note-g, \
                 the numbers are on the last page.",
            ),
            (
                true,
                "Start it with `run --cards note-g`.\nIt needs a minute, the engine is old.",
            ),
            (false, "What is a minute between a hundred years?"),
            (true, "A good question for Saturday 🎉"),
        ],
    ),
];

/// The group of the owner and of all who come before the last, and what is said there; by nobody is by the owner.
const GROUP: &str = "Analytical Society";
const GATHERING: [(Option<usize>, &str); 7] = [
    (None, "The Society meets on Saturday. Who brings what?"),
    (Some(0), "The engine, if somebody helps me carry it."),
    (Some(0), "It weighs four tonnes."),
    (Some(1), "मैं किताबें और चाय ले आऊँगी ☕"),
    (Some(2), "Then I bring the telescope, and hope for a clear sky."),
    (None, "Charles, bring only the *drawings*."),
    (Some(2), "A wise decision 😄"),
];

#[tokio::main]
async fn main() -> Result<()> {
    let flags = Flags::parse();
    let screen = Screen::find()
        .await
        .map_err(|why| anyhow!("No pictures can be made: {why}."))?;
    let into = std::path::absolute(&flags.into)?;
    fs::create_dir_all(&into).with_context(|| format!("{} cannot be made.", into.display()))?;
    let folder = tempfile::tempdir()?;
    let stage = Stage::build(&screen, folder.path()).await?;
    stage.talk(&into).await?;
    stage.first_start(&into).await
}

/// The owner's profile, and the others' nodes, which run as long as the stage stands.
struct Stage<'a> {
    programs: Programs,
    screen: &'a Screen,
    bootstrap: BootstrapProgram,
    folder: &'a Path,
    owner: Profile,
    others: Vec<NodeProgram>,
}

impl<'a> Stage<'a> {
    async fn build(screen: &'a Screen, folder: &'a Path) -> Result<Self> {
        let programs = Programs::beside_this()?;
        let bootstrap = BootstrapProgram::start(&programs, &folder.join("bootstrap")).await?;
        let profiles = folder.join("owner/profiles");
        fs::create_dir_all(&profiles)?;
        let (owner, _) = Profile::create(&programs, &profiles, OWNER).await?;
        let mut others = Vec::new();
        for (name, _) in TALKS {
            let (profile, _) = Profile::create(&programs, folder, name).await?;
            others.push(NodeProgram::start(&programs, &profile, &[bootstrap.address()])?);
        }
        let mut stage = Self {
            programs,
            screen,
            bootstrap,
            folder,
            owner,
            others,
        };
        stage.fill().await?;
        Ok(stage)
    }

    /// Everybody meets the owner, and they talk; before the last of them comes, the others talk in a group.
    async fn fill(&mut self) -> Result<()> {
        let mut owner = NodeProgram::start(&self.programs, &self.owner, &[self.bootstrap.address()])?;
        owner.reaches_bootstrap().await?;
        let (last, first) = self.others.split_last_mut().context("Nobody is there.")?;
        let (last_talk, first_talks) = TALKS.split_last().context("Nobody talks.")?;
        for (other, talk) in first.iter_mut().zip(first_talks) {
            meets(&mut owner, other, talk).await?;
        }
        gathers(&mut owner, first).await?;
        meets(&mut owner, last, last_talk).await?;
        owner.close().await?;
        Ok(())
    }

    async fn window(&self, theme: &str, size: (u32, u32)) -> Result<(WindowProgram, NodeProgram)> {
        let data = self.folder.join("owner");
        self.dress(&data, theme)?;
        let flags = WindowFlags {
            data: &data,
            bootstrap: self.bootstrap.address(),
            at: (0, 0),
            size,
        };
        let mut window = WindowProgram::start(&self.programs, self.screen, OWNER, &flags).await?;
        window.leaves_pointer().await?;
        let mut node = window.unlocks(&self.owner.passphrase()?).await?;
        for (name, _) in TALKS {
            node.sees(name, Wanted::Online).await?;
        }
        Ok((window, node))
    }

    fn dress(&self, data: &Path, theme: &str) -> Result<()> {
        fs::create_dir_all(data)?;
        let appearance = json!({ "theme": theme, "text_percent": 100, "reduced_motion": true });
        let settings = json!({ "appearance": appearance, "language": "english" });
        fs::write(data.join("settings.json"), settings.to_string())?;
        Ok(())
    }

    /// A conversation, light and dark, wide and narrow; a group; whom one finds.
    async fn talk(&self, into: &Path) -> Result<()> {
        for theme in ["light", "dark"] {
            let (window, _node) = self.window(theme, (1_100, 700)).await?;
            window.press_and_see(&["alt+Down"]).await?;
            window.rests().await?;
            window.picture(&into.join(format!("talk-{theme}.png"))).await?;
            window.kill().await?;
        }
        let (window, _node) = self.window("light", (1_100, 700)).await?;
        window.press_and_see(&["alt+Down"]).await?;
        window.press_and_see(&["alt+Down"]).await?;
        window.rests().await?;
        window.picture(&into.join("group-light.png")).await?;
        window.kill().await?;
        let (window, _node) = self.window("dark", (1_100, 700)).await?;
        window.press_and_see(&["ctrl+n"]).await?;
        window.rests().await?;
        window.picture(&into.join("find-dark.png")).await?;
        window.kill().await?;
        let (window, _node) = self.window("light", (390, 700)).await?;
        window.rests().await?;
        window.picture(&into.join("narrow-list-light.png")).await?;
        window.press_and_see(&["alt+Down"]).await?;
        window.rests().await?;
        window.picture(&into.join("narrow-light.png")).await?;
        window.kill().await
    }

    /// What somebody sees who has no profile yet.
    async fn first_start(&self, into: &Path) -> Result<()> {
        let data = self.folder.join("nobody");
        self.dress(&data, "light")?;
        let flags = WindowFlags {
            data: &data,
            bootstrap: self.bootstrap.address(),
            at: (0, 0),
            size: (1_100, 700),
        };
        let window = WindowProgram::start(&self.programs, self.screen, "Nobody", &flags).await?;
        window.rests().await?;
        window.picture(&into.join("first-start-light.png")).await?;
        window.kill().await
    }
}

/// Somebody becomes a contact of the owner's, and they talk.
async fn meets(
    owner: &mut NodeProgram,
    other: &mut NodeProgram,
    (name, talk): &(&str, &[(bool, &str)]),
) -> Result<()> {
    let invite: InviteView = owner.call(&Command::CreateInvite { valid_for_s: None }).await?;
    let _: ContactView = other.call(&Command::AddContact { link: invite.link }).await?;
    owner.sees(name, Wanted::Online).await?;
    other.sees(OWNER, Wanted::Online).await?;
    let chats: Vec<ConversationView> = owner.call(&Command::ListConversations {}).await?;
    let chat = chats.into_iter().find(|chat| chat.name() == *name);
    let conversation = chat.context("A contact without a conversation.")?.id;
    for (own, text) in *talk {
        let (writer, reader) = if *own {
            (&mut *owner, &mut *other)
        } else {
            (&mut *other, &mut *owner)
        };
        let sent = says(writer, conversation, text).await?;
        reads(reader, &sent).await?;
    }
    Ok(())
}

/// The owner begins a group of all their contacts, and they talk.
async fn gathers(owner: &mut NodeProgram, others: &mut [NodeProgram]) -> Result<()> {
    let contacts: Vec<ContactView> = owner.call(&Command::ListContacts {}).await?;
    let begin = Command::CreateGroup {
        name: GROUP.to_owned(),
        members: contacts.iter().map(|contact| contact.account).collect(),
    };
    let group: ConversationView = owner.call(&begin).await?;
    for other in &mut *others {
        other.joins(group.id).await?;
    }
    for (speaker, text) in GATHERING {
        let writer = match speaker {
            Some(place) => others.get_mut(place).context("Who speaks is not there.")?,
            None => &mut *owner,
        };
        let sent = says(writer, group.id, text).await?;
        for (place, reader) in others.iter_mut().enumerate() {
            if speaker != Some(place) {
                reads(reader, &sent).await?;
            }
        }
        if speaker.is_some() {
            reads(owner, &sent).await?;
        }
    }
    Ok(())
}

async fn says(writer: &mut NodeProgram, conversation: ConversationId, text: &str) -> Result<MessageView> {
    let text = text.to_owned();
    writer.call(&Command::SendMessage { conversation, text }).await
}

async fn reads(reader: &mut NodeProgram, sent: &MessageView) -> Result<()> {
    reader.receives(sent).await?;
    let read = Command::MarkRead {
        conversation: sent.conversation,
        up_to: sent.position,
    };
    let _: serde_json::Value = reader.call(&read).await?;
    Ok(())
}
