//! The command line: one file a subcommand. Each parses, calls the library, and prints.

mod against;
#[cfg(feature = "sandbox")]
mod cloud;
mod completions;
#[cfg(feature = "sandbox")]
mod counterpart;
mod credential;
#[cfg(feature = "sandbox")]
mod demo;
mod explain;
#[cfg(feature = "sandbox")]
mod fault;
mod login;
mod logout;
mod manual;
mod offline;
mod output;
mod presign;
mod process;
mod reference;
#[cfg(feature = "sandbox")]
mod replace;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "sandbox")]
mod script;
mod sign;
#[cfg(feature = "sandbox")]
mod spoilt;
#[cfg(feature = "sandbox")]
mod stand_in;
#[cfg(feature = "sandbox")]
mod watch;
mod whoami;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Success,
    /// The work failed.
    Failed,
    /// The command line is wrong (EX_USAGE).
    Usage,
    /// An address cannot be bound (EX_UNAVAILABLE).
    Unavailable,
    /// The settings are wrong (EX_CONFIG).
    Config,
    /// A signal of this number ended it, before there was anything to print.
    Signalled(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 64,
            Exit::Unavailable => 69,
            Exit::Config => 78,
            // As a shell says it of a process that a signal has ended.
            Exit::Signalled(signal) => 128_u8.saturating_add(signal),
        })
    }
}

/// A signing proxy for Alibaba Cloud: unsigned requests in, signed ones out.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, after_help = AFTER_HELP)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Applications send plain requests to a local port. countersign finds out which endpoint is meant, takes a short-lived \
credential for the right RAM role, signs, and forwards over TLS. No application ever holds an AccessKey.

Try it without an account:   countersign demo
Exit status: 0 done, 1 failed, 64 wrong usage, 69 cannot listen on an address, 78 wrong settings, 128 and \
its number: a signal.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the proxy
    Run(run::Arguments),
    /// Show the whole thing working against a miniature cloud on this machine: no account, no network
    #[cfg(feature = "sandbox")]
    Demo(demo::Arguments),
    /// Run the miniature cloud alone, and write down what a proxy needs to use it
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Arguments),
    /// Sign one request without sending it, and print it
    Sign(sign::Arguments),
    /// Show where a role's credential comes from and whose it is, or why there is none
    Whoami(whoami::Arguments),
    /// Print a role's credential itself, for a program that runs a command to get one
    Credential(credential::Arguments),
    /// Make a URL of OSS that carries its own signature
    Presign(presign::Arguments),
    /// Log in as a human, by CloudSSO, OAuth or SAML
    Login(login::Arguments),
    /// Forget what a login left
    Logout(logout::Arguments),
    /// Print what a shell needs to complete this command line
    Completions(completions::Arguments),
    /// Print the manual page
    Man(manual::Arguments),
    /// Write the reference pages that are made from the source
    #[command(hide = true)]
    Reference(reference::Arguments),
}

/// Runs what the command line says.
pub fn main() -> Exit {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version are errors to the parser, and success to everybody else.
            let is_help = !error.use_stderr();
            let printed = error.print();
            return match printed {
                Err(error) if is_help => output::ended_unprinted(error),
                _ if is_help => Exit::Success,
                _ => Exit::Usage,
            };
        }
    };
    match line.command {
        Command::Run(arguments) => run::run(&arguments),
        #[cfg(feature = "sandbox")]
        Command::Demo(arguments) => demo::run(&arguments),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(arguments) => sandbox::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Whoami(arguments) => whoami::run(&arguments),
        Command::Credential(arguments) => credential::run(&arguments),
        Command::Presign(arguments) => presign::run(&arguments),
        Command::Login(arguments) => login::run(&arguments),
        Command::Logout(arguments) => logout::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => manual::run(&arguments),
        Command::Reference(arguments) => reference::run(&arguments),
    }
}
