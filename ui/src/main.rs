//! Kith's window: reads the flags, finds out whether another window has the profile already, opens this one.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use kith_node::net::NetConfig;
use kith_ui::app::{AfterClose, App, Launch};
use kith_ui::bridge::{Bridge, BridgeConfig};
use kith_ui::instance::knock;
use kith_ui::relaunch;
use kith_ui::settings::{Settings, SettingsFile, WindowPlace};
use kith_ui::theme::size;
use kith_ui::window_end;

/// Kith: a messenger that connects people's computers directly.
#[derive(Parser, Debug)]
#[command(version)]
struct Flags {
    /// Where profiles and settings are kept [default: the system's place for application data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A bootstrap node to find contacts through; may be given several times
    #[arg(long = "bootstrap", value_name = "ADDR")]
    bootstraps: Vec<String>,
    /// The profile to open: the name of its folder
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Choose a profile, even when one was open last
    #[arg(long, conflicts_with = "profile")]
    choose: bool,
    /// Stay on this machine: no local network, no search by multicast
    #[arg(long)]
    loopback: bool,
    /// Serve JSON-RPC (docs/rpc.md) on a Unix socket while a profile is open, for other programs of this user
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// A kith: link to open
    #[arg(value_name = "LINK", default_value = "")]
    link: String,
}

/// The exit code when the display lets no window open: `EX_UNAVAILABLE` of sysexits.h.
const NO_DISPLAY: u8 = 69;

/// The display is not there, or lets no window open.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NoDisplay(String);

fn main() -> ExitCode {
    kith_node::node::panics::keep_content_out_of_the_log();
    let flags = Flags::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(&flags) {
        Ok(true) => start_anew(),
        Ok(false) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Kith could not open its window: {error:#}");
            if error.is::<NoDisplay>() {
                ExitCode::from(NO_DISPLAY)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Opens the window and stays until it is closed. Gives whether the process should start anew.
fn run(flags: &Flags) -> anyhow::Result<bool> {
    let data = data_folder(flags)?;
    let settings_file = SettingsFile::in_folder(&data);
    let (settings, settings_whole) = settings_file.load();
    let profiles = data.join("profiles");
    if !flags.choose && knocks(flags, &profiles, &settings) {
        return Ok(false);
    }
    let after_close = AfterClose::default();
    let at_close = after_close.clone();
    let options = window_options(&settings);
    let config = BridgeConfig {
        profiles,
        net: net_config(flags)?,
        flags: same_flags(flags),
        socket: flags
            .socket
            .as_ref()
            .map(std::path::absolute)
            .transpose()
            .context("the path given with --socket has no absolute name")?,
    };
    let profile = if flags.choose {
        Some(String::new())
    } else {
        flags.profile.clone()
    };
    let link = flags.link.clone();
    let (place, zoom) = (settings.window, settings.appearance.zoom());
    let app: eframe::AppCreator<'_> = Box::new(move |creation| {
        let ctx = creation.egui_ctx.clone();
        if let Some(place) = place {
            bring_into_sight(creation, place, zoom);
        }
        let backend = Box::new(Bridge::start(config, ctx.clone())?);
        let settings_file = Some(settings_file);
        let launch = Launch {
            backend,
            settings,
            settings_whole,
            settings_file,
            profile,
            link,
            after_close,
        };
        Ok(Box::new(App::new(&ctx, launch)))
    });
    match window_end::run(|| eframe::run_native("Kith", options, app)) {
        Some(Err(eframe::Error::AppCreation(error))) => anyhow::bail!("{error}"),
        Some(closed) => closed.map_err(|error| NoDisplay(error.to_string()))?,
        None => return Ok(false),
    }
    Ok(at_close.starts_anew())
}

fn data_folder(flags: &Flags) -> anyhow::Result<PathBuf> {
    let data = match &flags.data {
        Some(data) => {
            std::path::absolute(data).context("the folder given with --data has no absolute name")?
        }
        None => directories::ProjectDirs::from("", "", "Kith")
            .context("the system names no home folder; say where to keep data with --data DIR")?
            .data_dir()
            .to_owned(),
    };
    std::fs::create_dir_all(&data)
        .with_context(|| format!("{} cannot be made or written", data.display()))?;
    Ok(data)
}

/// Whether another window has the profile that would be opened, or waits for its passphrase, and came to the front.
fn knocks(flags: &Flags, profiles: &Path, settings: &Settings) -> bool {
    let wished = flags.profile.clone().or_else(|| settings.last_profile.clone());
    let open = wished.is_some_and(|profile| knock(&profiles.join(profile), &flags.link));
    open || knock(profiles, &flags.link)
}

fn net_config(flags: &Flags) -> anyhow::Result<NetConfig> {
    let mut net = if flags.loopback {
        NetConfig::loopback()
    } else {
        NetConfig::default()
    };
    for address in &flags.bootstraps {
        let parsed = address.parse().with_context(|| {
            format!("{address} is no address of a bootstrap node; it looks like /ip4/203.0.113.7/tcp/4433/p2p/12D3…")
        })?;
        net.bootstraps.push(parsed);
    }
    Ok(net)
}

/// The flags for another window of the same data and network.
fn same_flags(flags: &Flags) -> Vec<String> {
    let mut same = Vec::new();
    if let Some(data) = &flags.data {
        same.extend(["--data".to_owned(), data.display().to_string()]);
    }
    for address in &flags.bootstraps {
        same.extend(["--bootstrap".to_owned(), address.clone()]);
    }
    if flags.loopback {
        same.push("--loopback".to_owned());
    }
    same
}

fn window_options(settings: &Settings) -> eframe::NativeOptions {
    // The place is kept in the window's own points, and taken before anything in it has its size.
    let zoom = settings.appearance.zoom();
    let inside = settings.window.map_or(size::WINDOW, |window| window.size);
    let viewport = egui::ViewportBuilder::default()
        .with_title("Kith")
        .with_app_id("kith")
        .with_inner_size(egui::Vec2::from(inside) * zoom)
        .with_min_inner_size(size::WINDOW_MIN);
    let viewport = match settings.window.and_then(|window| window.position) {
        Some(position) => viewport.with_position(egui::Pos2::from(position) * zoom),
        None => viewport,
    };
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png"));
    let viewport = match icon {
        Ok(icon) => viewport.with_icon(icon),
        Err(error) => {
            tracing::warn!(%error, "the window has no icon");
            viewport
        }
    };
    eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        // The app keeps the window's place itself, beside the other choices.
        persist_window: false,
        ..eframe::NativeOptions::default()
    }
}

/// Moves the window from where it was to where it is seen: only now are the screens known that are there.
fn bring_into_sight(creation: &eframe::CreationContext<'_>, kept: WindowPlace, zoom: f32) {
    let Some(window) = creation.winit_window() else {
        return;
    };
    let pixels = zoom * window.scale_factor() as f32;
    let screens: Vec<_> = window
        .primary_monitor()
        .into_iter()
        .chain(window.available_monitors())
        .map(|screen| {
            let (corner, size) = (screen.position(), screen.size());
            let corner = egui::pos2(corner.x as f32, corner.y as f32);
            egui::Rect::from_min_size(corner, egui::vec2(size.width as f32, size.height as f32)) / pixels
        })
        .collect();
    let place = kept.in_sight(&screens);
    // Done after the first picture, in which everything has its size already.
    let ctx = &creation.egui_ctx;
    if place.size != kept.size {
        ctx.send_viewport_cmd(egui::ViewportCommand::InnerSize(place.size.into()));
    }
    if let Some(position) = place.position.filter(|_| place != kept) {
        ctx.send_viewport_cmd(egui::ViewportCommand::OuterPosition(position.into()));
    }
}

/// Replaces this process by a new one with the same flags: nothing that was in memory, keys included, remains.
fn start_anew() -> ExitCode {
    use std::os::unix::process::CommandExt;
    // A link that was opened before locking is not opened again.
    let is_link = |flag: &std::ffi::OsString| flag.to_string_lossy().starts_with("kith:");
    let replaced = relaunch::start(|program| {
        let flags = std::env::args_os().skip(1).filter(|flag| !is_link(flag));
        Err::<std::convert::Infallible, _>(std::process::Command::new(program).args(flags).exec())
    });
    let Err(error) = replaced;
    eprintln!("Kith is locked, but could not open its window again: {error}");
    ExitCode::FAILURE
}
