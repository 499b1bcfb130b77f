//! `kith-node`: a whole Kith node without a screen.
//!
//! Standard output carries only what was asked for: recovery words, the schema, JSON-RPC. What a person should know
//! goes to standard error.

mod failure;
mod flags;
mod profiles;
mod secrets;
mod serve;

use std::{
    io::{IsTerminal as _, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use failure::Failure;
use flags::{Command, Flags};
use secrets::Source;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    kith_node::node::panics::keep_content_out_of_the_log();
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("kith-node: {failure}");
            failure.exit_code()
        }
    }
}

fn run(flags: Flags) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&flags.log)
        .map_err(|_| Failure::Usage("--log must be a filter such as info or kith_node=debug,warn."))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match flags.command {
        Command::RpcSchema => print_schema(),
        Command::Create(profile) => profiles::create(&folder(flags.data)?, profile),
        Command::Restore {
            profile,
            words_file,
            words_fd,
        } => profiles::restore(&folder(flags.data)?, profile, &Source::new(words_file, words_fd)),
        Command::ChangePassphrase {
            passphrase,
            new_passphrase_file,
            new_passphrase_fd,
        } => {
            let new = Source::new(new_passphrase_file, new_passphrase_fd);
            profiles::change_passphrase(&folder(flags.data)?, &passphrase.into(), &new)
        }
        Command::Rpc {
            socket,
            ask,
            passphrase,
        } => {
            let source = Source::from(passphrase);
            let given = ask || matches!(source, Source::Path(_));
            serve::run(
                folder(flags.data)?,
                flags.network,
                socket.as_deref(),
                given.then_some(&source),
            )
        }
    }
}

fn folder(data: Option<PathBuf>) -> Result<PathBuf, Failure> {
    data.ok_or(Failure::Usage("Say which profile with --data DIR."))
}

fn print_schema() -> Result<(), Failure> {
    let schema = serde_json::to_string_pretty(&kith_node::rpc::schema::schema())
        .map_err(|error| Failure::unexpected("Making the schema", error))?;
    writeln!(std::io::stdout().lock(), "{schema}").map_err(Failure::printing)
}
