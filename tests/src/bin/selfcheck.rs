//! The self-check: does Kith do its main job on this machine? A bootstrap node and two people's nodes, the real
//! programs, meet on loopback in temporary profiles; the people talk both ways, are killed, start again and find
//! everything.
//!
//! Each step is printed with the time it took. It ends with 0, or with 1 and what failed; every wait has a limit.
//! `--break no-delivery` cuts every way between the two before they talk: then it must fail.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
    path::Path,
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use kith_node::{
    Command,
    id::EntryId,
    view::{BodyView, ConversationView, DeliveryState, MessageView},
};
use kith_tests::proc::{BootstrapProgram, Log, NodeProgram, Profile, Programs, Wanted};
use tempfile::TempDir;

/// Not only ASCII: what people write is not either.
const GREETING: &str = "Namaste, Ben! क्या हाल है? 🙂";

/// Does Kith do its main job on this machine?
#[derive(Debug, Parser)]
#[command(name = "selfcheck")]
struct Flags {
    /// Breaks something on purpose, to see that the check notices.
    #[arg(long = "break", value_name = "WHAT")]
    broken: Option<Broken>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Broken {
    /// Cuts every way between the two nodes before they talk.
    NoDelivery,
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let started = Instant::now();
    let mut steps = Steps::default();
    match check(&mut steps, flags.broken).await {
        Ok(()) => {
            steps.say(&format!(
                "Everything works: {} steps in {:.1} s.",
                steps.done,
                started.elapsed().as_secs_f64()
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            steps.print_logs();
            steps.say(&format!("FAILED at step {}: {error:#}", steps.done + 1));
            if flags.broken == Some(Broken::NoDelivery) {
                steps.say("(Delivery was cut on purpose: --break no-delivery.)");
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints what was done, and how long it took; keeps what is worth reading when something fails.
#[derive(Debug)]
struct Steps {
    done: u32,
    since: Instant,
    logs: Vec<(String, Log)>,
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            done: 0,
            since: Instant::now(),
            logs: Vec::new(),
        }
    }
}

impl Steps {
    fn done(&mut self, what: &str) {
        self.done += 1;
        self.say(&format!(
            "{:>2}  {:>6.2} s  {what}",
            self.done,
            self.since.elapsed().as_secs_f64()
        ));
        self.since = Instant::now();
    }

    fn print_logs(&self) {
        for (whose, log) in &self.logs {
            let log = log.to_string();
            if !log.is_empty() {
                self.say(&format!("-- the last words of {whose}:\n{}", log.trim_end()));
            }
        }
    }

    /// A closed pipe is no reason to stop checking: the exit code still tells.
    fn say(&self, line: &str) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

async fn check(steps: &mut Steps, broken: Option<Broken>) -> Result<()> {
    steps.say(
        "Kith checks itself: a bootstrap node and the nodes of two people, Asha and Ben, on this machine,",
    );
    steps.say("in temporary profiles that are deleted at the end.");
    let folder = TempDir::with_prefix("kith-selfcheck-").context("A temporary folder cannot be made.")?;
    let result = story(steps, folder.path(), broken).await;
    folder
        .close()
        .context("The temporary profiles cannot be deleted.")?;
    result
}

async fn story(steps: &mut Steps, folder: &Path, broken: Option<Broken>) -> Result<()> {
    let mut world = World::new(steps, folder).await?;
    let (asha, ben) = world.meet().await?;
    if broken == Some(Broken::NoDelivery) {
        return world.talk_cut_off(asha, ben).await;
    }
    let (asha, ben, talked) = world.talk(asha, ben).await?;
    let (asha, ben) = world.survive_a_kill(asha, ben, &talked).await?;
    let (asha, ben) = world.deliver_later(asha, ben, talked).await?;
    world.close(asha, ben).await
}

/// The programs, the profiles and the bootstrap node of the story.
struct World<'a> {
    steps: &'a mut Steps,
    programs: Programs,
    bootstrap: BootstrapProgram,
    asha: Profile,
    ben: Profile,
}

impl<'a> World<'a> {
    async fn new(steps: &'a mut Steps, folder: &Path) -> Result<Self> {
        let programs = Programs::beside_this()?;
        let bootstrap = BootstrapProgram::start(&programs, &folder.join("bootstrap")).await?;
        steps
            .logs
            .push(("the bootstrap node".into(), bootstrap.log().clone()));
        steps.done("The bootstrap node is up.");
        let (asha, words) = Profile::create(&programs, folder, "Asha").await?;
        let (ben, _) = Profile::create(&programs, folder, "Ben").await?;
        ensure!(
            words.len() == 24,
            "kith-node create printed {} recovery words, not 24.",
            words.len()
        );
        steps.done("Two profiles were made, with 24 recovery words each.");
        Ok(Self {
            steps,
            programs,
            bootstrap,
            asha,
            ben,
        })
    }

    /// Starts the nodes of both, with these bootstrap nodes.
    fn start_both(&mut self, bootstraps: &[&str]) -> Result<(NodeProgram, NodeProgram)> {
        let asha = NodeProgram::start(&self.programs, &self.asha, bootstraps)?;
        self.steps.logs.push(("Asha's node".into(), asha.log().clone()));
        let ben = self.start_ben(bootstraps)?;
        Ok((asha, ben))
    }

    fn start_ben(&mut self, bootstraps: &[&str]) -> Result<NodeProgram> {
        let ben = NodeProgram::start(&self.programs, &self.ben, bootstraps)?;
        self.steps.logs.push(("Ben's node".into(), ben.log().clone()));
        Ok(ben)
    }

    async fn meet(&mut self) -> Result<(NodeProgram, NodeProgram)> {
        let address = self.bootstrap.address().to_owned();
        let (mut asha, mut ben) = self.start_both(&[&address])?;
        asha.reaches_bootstrap().await?;
        ben.reaches_bootstrap().await?;
        self.steps
            .done("Both nodes are up and have reached the bootstrap node.");
        asha.meets(&mut ben).await?;
        self.steps
            .done("Asha invited Ben by a link; each sees the other online.");
        Ok((asha, ben))
    }

    async fn talk(
        &mut self,
        mut asha: NodeProgram,
        mut ben: NodeProgram,
    ) -> Result<(NodeProgram, NodeProgram, Vec<MessageView>)> {
        let hello = talks(&mut asha, &mut ben, GREETING).await?;
        self.steps
            .done("Asha wrote: Ben has it and has read it, and Asha knows both.");
        let answer = talks(&mut ben, &mut asha, "All is well, Asha.").await?;
        self.steps
            .done("Ben answered: Asha has it and has read it, and Ben knows both.");
        Ok((asha, ben, vec![hello, answer]))
    }

    async fn survive_a_kill(
        &mut self,
        asha: NodeProgram,
        ben: NodeProgram,
        talked: &[MessageView],
    ) -> Result<(NodeProgram, NodeProgram)> {
        asha.kill().await?;
        ben.kill().await?;
        self.steps
            .done("Both nodes were killed without warning (SIGKILL).");
        let address = self.bootstrap.address().to_owned();
        let (mut asha, mut ben) = self.start_both(&[&address])?;
        finds_again(&mut asha, "Ben", talked).await?;
        finds_again(&mut ben, "Asha", talked).await?;
        asha.sees("Ben", Wanted::Online).await?;
        ben.sees("Asha", Wanted::Online).await?;
        self.steps
            .done("Both started again and found every message, their contact, and each other.");
        Ok((asha, ben))
    }

    async fn deliver_later(
        &mut self,
        mut asha: NodeProgram,
        ben: NodeProgram,
        mut talked: Vec<MessageView>,
    ) -> Result<(NodeProgram, NodeProgram)> {
        ben.kill().await?;
        asha.sees("Ben", Wanted::Offline).await?;
        let waiting = asha.writes("Are you there?").await?;
        asha.reaches(&waiting, DeliveryState::Saved).await?;
        self.steps.done(
            "Ben's node was killed; Asha saw him go, and wrote: the message is saved, and claims no more.",
        );
        let address = self.bootstrap.address().to_owned();
        let mut ben = self.start_ben(&[&address])?;
        ben.receives(&waiting).await?;
        asha.reaches(&waiting, DeliveryState::Delivered).await?;
        talked.push(waiting);
        finds_again(&mut ben, "Asha", &talked).await?;
        self.steps
            .done("Ben started again: the message came to him, once, and Asha knows.");
        Ok((asha, ben))
    }

    async fn close(&mut self, asha: NodeProgram, ben: NodeProgram) -> Result<()> {
        for node in [asha, ben] {
            let name = node.name().to_owned();
            let status = node.close().await?;
            ensure!(status.success(), "{name}'s node did not close cleanly: {status}.");
        }
        self.bootstrap.kill().await?;
        self.steps.done("Both nodes closed cleanly.");
        Ok(())
    }

    /// The same talk with delivery really cut: no bootstrap node any more, and both start again at other addresses, which
    /// nobody tells the other. Nothing is pretended: what fails then is what would fail at a person's.
    async fn talk_cut_off(mut self, asha: NodeProgram, ben: NodeProgram) -> Result<()> {
        asha.kill().await?;
        ben.kill().await?;
        self.bootstrap.kill().await?;
        let asha = NodeProgram::start_hidden(&self.programs, &self.asha, Ipv4Addr::new(127, 0, 0, 2))?;
        let ben = NodeProgram::start_hidden(&self.programs, &self.ben, Ipv4Addr::new(127, 0, 0, 3))?;
        for node in [&asha, &ben] {
            self.steps
                .logs
                .push((format!("{}'s node, cut off", node.name()), node.log().clone()));
        }
        self.steps.done("Every way between the two was cut.");
        self.talk(asha, ben).await?;
        bail!("Delivery was cut, and yet a message arrived: the cut or this check is broken.")
    }
}

/// One message from one to the other, all the way: it arrives, is read, and its author's ticks say so.
async fn talks(from: &mut NodeProgram, to: &mut NodeProgram, text: &str) -> Result<MessageView> {
    let sent = from.writes(text).await?;
    let received = to.receives(&sent).await?;
    from.reaches(&sent, DeliveryState::Delivered).await?;
    let (conversation, up_to) = (received.conversation, received.position);
    let _: ConversationView = to.call(&Command::MarkRead { conversation, up_to }).await?;
    from.reaches(&sent, DeliveryState::Read).await?;
    Ok(sent)
}

/// Checks that exactly these messages are there, once each and in order, and the one contact.
async fn finds_again(node: &mut NodeProgram, contact: &str, expected: &[MessageView]) -> Result<()> {
    let conversation = node.conversation().await?;
    let (name, found) = (node.name().to_owned(), conversation.name());
    ensure!(found == contact, "{name} found {found} instead of {contact}.");
    let rows = node.texts(conversation.id).await?;
    ensure!(
        rows.iter().map(contents).eq(expected.iter().map(contents)),
        "{name} did not find the same messages: {} are there, {} were written.",
        rows.len(),
        expected.len()
    );
    Ok(())
}

fn contents(row: &MessageView) -> (EntryId, &BodyView) {
    (row.id, &row.body)
}
