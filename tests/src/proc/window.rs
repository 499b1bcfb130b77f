//! A running `kith`, looked at and operated from outside as a person does: keys through xdotool, eyes through
//! ImageMagick's `import`. It needs a display; [`Screen::find`] says what is missing.
//!
//! Nothing here knows where a button stands. Keys do what they do for people, and the socket that the app serves
//! (`--socket`) tells whether they did; a picture shows that something was painted at all.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{Log, NodeProgram, PROGRAM_LIMIT, Programs, kill};

/// How long a window may take to show something, on a busy machine that draws in software.
const WINDOW_LIMIT: Duration = Duration::from_secs(60);
/// How long keys may take to show an effect before they are typed again.
const KEYS_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at the screen: a picture costs a process.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A picture with so many colours has letters in it; a bare window has one.
const PAINTED_COLOURS: u32 = 24;

/// A display with the programs to operate it.
#[derive(Clone, Debug)]
pub struct Screen {
    display: String,
}

impl Screen {
    /// The display of this process, or the sentence that says why there is none.
    pub async fn find() -> std::result::Result<Self, String> {
        let display = std::env::var("DISPLAY").unwrap_or_default();
        if display.is_empty() {
            return Err("there is no display: DISPLAY is not set".to_owned());
        }
        let screen = Self { display };
        for (program, flag) in [
            ("xdotool", "version"),
            ("import", "-version"),
            ("convert", "-version"),
        ] {
            if let Err(error) = screen.run(program, &[flag]).await {
                return Err(format!("{program} is missing or does not work here: {error:#}"));
            }
        }
        Ok(screen)
    }

    /// Runs a program on this display and gives what it printed.
    async fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .args(arguments)
            .kill_on_drop(true);
        let output = timeout(PROGRAM_LIMIT, command.output()).await;
        let output = output.with_context(|| format!("{program} took over {PROGRAM_LIMIT:?}."))??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program} {arguments:?} failed: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Takes a picture of everything on the screen.
    ///
    /// # Errors
    /// When `import` fails.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        self.run("import", &["-window", "root", &file.to_string_lossy()])
            .await?;
        Ok(())
    }
}

/// How a window is started and where it stands.
#[derive(Clone, Debug)]
pub struct WindowFlags<'a> {
    /// The folder for `--data`; the profile lies in `profiles` below it.
    pub data: &'a Path,
    /// The bootstrap node.
    pub bootstrap: &'a str,
    /// Its left upper corner on the screen, in pixels.
    pub at: (u32, u32),
    /// Its size, in pixels.
    pub size: (u32, u32),
}

/// A running `kith` that only this machine can reach.
#[derive(Debug)]
pub struct WindowProgram {
    name: String,
    screen: Screen,
    child: Child,
    window: String,
    socket: PathBuf,
    serving: watch::Receiver<bool>,
    log: Log,
}

impl WindowProgram {
    /// Opens a window, puts it in its place, and waits until it shows something.
    ///
    /// # Errors
    /// When it does not come up; with its last words.
    pub async fn start(
        programs: &Programs,
        screen: &Screen,
        name: &str,
        flags: &WindowFlags<'_>,
    ) -> Result<Self> {
        let socket = flags.data.join("rpc.sock");
        let mut command = programs.command("kith");
        command
            .env("DISPLAY", &screen.display)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("LC_ALL", "en_GB.UTF-8")
            .env_remove("WAYLAND_DISPLAY")
            .arg("--loopback")
            .arg("--data")
            .arg(flags.data)
            .args(["--bootstrap", flags.bootstrap])
            .arg("--socket")
            .arg(&socket);
        let mut child = command.spawn().context("kith cannot be started.")?;
        let log = Log::follow(child.stderr.take().context("It has no standard error.")?);
        let serving = follow_socket(child.stdout.take().context("It has no standard output.")?);
        let mut window = Self {
            name: name.to_owned(),
            screen: screen.clone(),
            child,
            window: String::new(),
            socket,
            serving,
            log,
        };
        let shown = window.come_up(flags).await;
        shown.with_context(|| format!("{name}'s window did not come up. Its last words:\n{}", window.log))?;
        Ok(window)
    }

    async fn come_up(&mut self, flags: &WindowFlags<'_>) -> Result<()> {
        let pid = self.child.id().context("kith ended at once.")?.to_string();
        let deadline = Instant::now() + WINDOW_LIMIT;
        while self.window.is_empty() {
            ensure!(Instant::now() < deadline, "No window within {WINDOW_LIMIT:?}.");
            let ended = self.child.try_wait()?;
            ensure!(ended.is_none(), "kith ended by itself ({ended:?}).");
            let found = self
                .screen
                .run("xdotool", &["search", "--onlyvisible", "--pid", &pid])
                .await;
            // Nothing found is a failure to xdotool.
            if let Some(id) = found.unwrap_or_default().lines().last() {
                id.clone_into(&mut self.window);
            } else {
                sleep(LOOK_EVERY).await;
            }
        }
        let text = |number: u32| number.to_string();
        let (width, height) = (text(flags.size.0), text(flags.size.1));
        let (left, top) = (text(flags.at.0), text(flags.at.1));
        let window = self.window.clone();
        self.screen
            .run("xdotool", &["windowsize", &window, &width, &height])
            .await?;
        self.screen
            .run("xdotool", &["windowmove", &window, &left, &top])
            .await?;
        self.painted().await
    }

    /// Waits until the window shows more than a bare ground.
    ///
    /// # Errors
    /// When it stays bare.
    pub async fn painted(&self) -> Result<()> {
        let deadline = Instant::now() + WINDOW_LIMIT;
        loop {
            let colours = self.colours().await?;
            if colours >= PAINTED_COLOURS {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("{}'s window is bare: it has {colours} colours.", self.name);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// How many colours the window shows.
    async fn colours(&self) -> Result<u32> {
        let printed = self
            .screen
            .run("import", &["-window", &self.window, "-format", "%k", "info:-"])
            .await?;
        printed
            .trim()
            .parse()
            .with_context(|| format!("import printed {printed:?}."))
    }

    /// What the window shows, as a fingerprint of its pixels.
    async fn look(&self) -> Result<String> {
        self.screen
            .run("import", &["-window", &self.window, "-format", "%#", "info:-"])
            .await
    }

    /// Waits until the window shows the same three times in a row: nothing is on its way any more. Gives a fingerprint
    /// of what it shows.
    ///
    /// # Errors
    /// When it never rests.
    pub async fn rests(&self) -> Result<String> {
        let deadline = Instant::now() + KEYS_LIMIT;
        let mut last = self.look().await?;
        let mut same = 0;
        while same < 2 {
            sleep(LOOK_EVERY).await;
            let now = self.look().await?;
            same = if now == last { same + 1 } else { 0 };
            ensure!(Instant::now() < deadline, "{}'s window never rests.", self.name);
            last = now;
        }
        Ok(last)
    }

    /// Takes a picture of the window alone, once everything that is on its way has come.
    ///
    /// # Errors
    /// When `import` fails.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        // Placeholders rest too, as long as the node takes to answer.
        for _ in 0..4 {
            self.rests().await?;
        }
        let file = file.to_string_lossy();
        self.screen
            .run("import", &["-window", &self.window, &file])
            .await?;
        Ok(())
    }

    /// Takes the pointer off the window, into the corner of the screen: nothing shows that it lies on something.
    ///
    /// # Errors
    /// When xdotool fails.
    pub async fn leaves_pointer(&self) -> Result<()> {
        self.screen.run("xdotool", &["mousemove", "9999", "9999"]).await?;
        Ok(())
    }

    /// Gives the window the keyboard.
    ///
    /// # Errors
    /// When xdotool fails.
    pub async fn focus(&self) -> Result<()> {
        self.screen
            .run("xdotool", &["windowfocus", "--sync", &self.window])
            .await?;
        Ok(())
    }

    /// Presses keys, as xdotool names them (`alt+Down`, `Return`).
    ///
    /// # Errors
    /// When xdotool fails.
    pub async fn press(&self, keys: &[&str]) -> Result<()> {
        self.focus().await?;
        let mut arguments = vec!["key", "--delay", "40"];
        arguments.extend(keys);
        self.screen.run("xdotool", &arguments).await?;
        Ok(())
    }

    /// Presses keys that change what the window shows, and waits until it has.
    ///
    /// # Errors
    /// When nothing changes.
    pub async fn press_and_see(&self, keys: &[&str]) -> Result<()> {
        self.focus().await?;
        let before = self.rests().await?;
        self.press(keys).await?;
        let deadline = Instant::now() + KEYS_LIMIT;
        while self.look().await? == before {
            ensure!(
                Instant::now() < deadline,
                "{keys:?} changed nothing in {}'s window.",
                self.name
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Types a text.
    ///
    /// # Errors
    /// When xdotool fails.
    pub async fn types(&self, text: &str) -> Result<()> {
        self.focus().await?;
        self.screen
            .run("xdotool", &["type", "--delay", "20", "--", text])
            .await?;
        Ok(())
    }

    /// Types the passphrase into the unlock screen, and connects to the node that comes up.
    ///
    /// # Errors
    /// When the profile does not open; with the window's last words.
    pub async fn unlocks(&mut self, passphrase: &str) -> Result<NodeProgram> {
        self.types(passphrase).await?;
        self.press(&["Return"]).await?;
        let opened = timeout(PROGRAM_LIMIT, self.serving.wait_for(|serving| *serving)).await;
        if !matches!(opened, Ok(Ok(_))) {
            bail!("{}'s profile did not open. Last words:\n{}", self.name, self.log);
        }
        NodeProgram::attach(&self.name, &self.socket).await
    }

    /// Writes in the open chat: types the text, sees it as its draft, and sends it by Enter.
    ///
    /// # Errors
    /// When the keys do not arrive in the composer.
    pub async fn writes(&self, node: &mut NodeProgram, text: &str) -> Result<()> {
        self.types(text).await?;
        let deadline = Instant::now() + KEYS_LIMIT;
        while node.conversation().await?.draft != text {
            ensure!(
                Instant::now() < deadline,
                "{text:?} did not come to {}'s composer.",
                self.name
            );
            sleep(LOOK_EVERY).await;
        }
        self.press(&["Return"]).await
    }

    /// Opens a `kith:` link as the desktop does: by starting the program with it. The running window takes it over.
    ///
    /// # Errors
    /// When the second launch does not end by itself.
    pub async fn opens_link(&self, programs: &Programs, data: &Path, link: &str) -> Result<()> {
        self.focus().await?;
        let before = self.rests().await?;
        let mut command = programs.command("kith");
        command
            .env("DISPLAY", &self.screen.display)
            .arg("--data")
            .arg(data)
            .arg(link);
        let status = timeout(PROGRAM_LIMIT, command.status()).await;
        let status = status.context("The second launch did not hand its link over.")??;
        ensure!(status.success(), "The second launch ended with {status}.");
        let deadline = Instant::now() + KEYS_LIMIT;
        while self.look().await? == before {
            ensure!(
                Instant::now() < deadline,
                "The link did not come up in {}'s window.",
                self.name
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(mut self) -> Result<()> {
        kill(&mut self.child).await
    }
}

/// Reads what the program prints, to the end; true once its socket is there.
fn follow_socket(stdout: tokio::process::ChildStdout) -> watch::Receiver<bool> {
    let (told, serving) = watch::channel(false);
    tokio::spawn(async move {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if line.starts_with("socket ") {
                told.send_replace(true);
            }
        }
    });
    serving
}
