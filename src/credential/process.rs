//! A program that prints a credential: `process_command`, the CLI's mode External.

use std::sync::Arc;
use std::time::Duration;

use super::carry::Boxed;
use super::credential::Fetched;
use super::error::FetchError;
use super::launch::{Launch, Program};
use super::process_answer;
use super::process_error::{ProcessError, ProcessFault};
use super::source::{AGAIN_AFTER, Source};
use crate::clock::Clock;

/// For the program, as the SDKs have it: it may ask a human to log in.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The most that it may print. A credential has 1 to 3 KiB.
const STDOUT_BYTES_MAX: usize = 64 * 1024;
/// What an attempt with a program in it may take: the program's time, and that of a call with what it printed.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(75);

/// A command's program and its arguments, as a shell takes words apart, with quotes and backslashes, and without a shell: no
/// globs, no variables. `None`: it names no program, or a quote in it is not closed.
pub fn program_and_arguments(command: &str) -> Option<(String, Vec<String>)> {
    let mut words = shlex::split(command)?.into_iter();
    let program = words.next().filter(|program| !program.is_empty())?;
    Some((program, words.collect()))
}

/// How programs are run, and whether they may be.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) launch: Arc<dyn Launch>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether this process runs inside of such a program already.
    pub(super) is_nested: bool,
}

impl Programs {
    /// Runs the command once, and reads what it prints.
    pub(super) async fn run(&self, command: &str) -> Result<Fetched, FetchError> {
        let Some((name, arguments)) = program_and_arguments(command) else {
            let program = String::new();
            return Err(FetchError::Process(ProcessError { program, fault: ProcessFault::BadCommand }));
        };
        let told = |fault| FetchError::Process(ProcessError { program: name.clone(), fault });
        if self.is_nested {
            return Err(told(ProcessFault::Nested));
        }
        let program =
            Program { name: name.clone(), arguments, timeout: TIMEOUT, stdout_bytes_max: STDOUT_BYTES_MAX };
        let printed = self.launch.launch(program).await.map_err(|error| told(ProcessFault::Launch(error)))?;
        if printed.status != Some(0) {
            return Err(told(ProcessFault::Failed(printed.status, printed.stderr_bytes)));
        }
        process_answer::read(&printed.stdout, self.clock.now()).map_err(told)
    }
}

/// The source.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) programs: Programs,
    pub(super) command: String,
}

impl Source for Process {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.programs.run(&self.command))
    }

    fn name(&self) -> &'static str {
        "process"
    }

    fn again_after(&self) -> Option<Duration> {
        Some(AGAIN_AFTER)
    }

    fn attempt_timeout(&self) -> Duration {
        ATTEMPT_TIMEOUT
    }
}
