//! Runs programs that print credentials, for `credential`: with nothing to read, a limit to what is read of them, and an end.

use std::fmt;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::credential::{Boxed, DEPTH, Launch, LaunchError, Printed, Program};

/// The programs of this machine.
#[derive(Clone)]
pub(super) struct Programs {
    /// The directories that are looked through, as `PATH` has them.
    path: String,
    /// Our own executable.
    own: Option<PathBuf>,
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Programs")
    }
}

impl Programs {
    /// `path`: the value of `PATH`.
    pub(super) fn new(path: Option<&str>) -> Self {
        Self { path: path.unwrap_or_default().to_owned(), own: std::env::current_exe().ok() }
    }

    async fn run(&self, program: Program) -> Result<Printed, LaunchError> {
        let (programs, name) = (self.clone(), program.name.clone());
        // A directory of the path may lie on a file system that hangs.
        let finding = tokio::task::spawn_blocking(move || programs.find(&name));
        let file = tokio::time::timeout(program.timeout, finding).await.map_err(|_| LaunchError::TimedOut)?;
        let file = file.map_err(|_| LaunchError::Broken)??;
        let mut command = Command::new(&file);
        command
            .args(&program.arguments)
            .env(DEPTH, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that what it has started ends with it.
            .process_group(0);
        let child = command.spawn().map_err(|error| LaunchError::NotStarted(error.kind()))?;
        let limit = program.timeout;
        let running = read(Group(child), program.stdout_bytes_max);
        tokio::time::timeout(limit, running).await.unwrap_or(Err(LaunchError::TimedOut))
    }

    /// The file that a name means, unless that is our own: itself with a slash in it, else the first of that name in the path
    /// that may be executed. Blocks.
    pub(super) fn find(&self, name: &str) -> Result<PathBuf, LaunchError> {
        let directories = self.path.split(':').filter(|directory| !directory.is_empty());
        let mut files = directories.map(|directory| Path::new(directory).join(name));
        let file = match name.contains('/') {
            true => Some(name.into()),
            false => files.find(|file| is_executable(file)),
        };
        let file = file.ok_or(LaunchError::NotStarted(ErrorKind::NotFound))?;
        if self.is_ourselves(&file) { Err(LaunchError::IsOurselves) } else { Ok(file) }
    }

    /// Whether a file is our own executable, through links of either kind.
    fn is_ourselves(&self, file: &Path) -> bool {
        let identity = |file: &Path| file.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
        let own = self.own.as_deref().and_then(identity);
        own.is_some() && own == identity(file)
    }
}

fn is_executable(file: &Path) -> bool {
    let may = |metadata: Metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
    file.metadata().is_ok_and(may)
}

/// A program and what it has started. All of it is ended with the value, unless the program has ended.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // Without an id it has been waited for, and the number may be another's by now.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may have ended by itself meanwhile.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// What a program has printed is in its pipes when it ends. What they hold is read in this time; an agent that it has left
/// running may hold them open for ever.
const LEFT_OVER: Duration = Duration::from_millis(200);

/// Reads what it prints until there is no more of it, and waits for its end.
async fn read(mut group: Group, stdout_max: usize) -> Result<Printed, LaunchError> {
    let (out, err) = (group.0.stdout.take(), group.0.stderr.take());
    let (Some(out), Some(err)) = (out, err) else { return Err(LaunchError::Broken) };
    let (mut stdout, mut stderr_bytes) = (Zeroizing::new(Vec::with_capacity(4_096)), 0);
    let status = {
        let reading =
            async { tokio::try_join!(keep(out, stdout_max, &mut stdout), count(err, &mut stderr_bytes)) };
        let mut reading = std::pin::pin!(reading);
        tokio::select! {
            read = &mut reading => {
                read?;
                group.0.wait().await
            }
            status = group.0.wait() => {
                if let Ok(read) = tokio::time::timeout(LEFT_OVER, reading).await {
                    read?;
                }
                status
            }
        }
    };
    let status = status.map_err(|_| LaunchError::Broken)?;
    Ok(Printed { status: status.code(), stdout, stderr_bytes })
}

/// Reads to the end, which must come within `max` bytes.
async fn keep(from: impl AsyncRead + Unpin, max: usize, to: &mut Vec<u8>) -> Result<(), LaunchError> {
    let most = u64::try_from(max).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1)).read_to_end(to).await.map_err(|_| LaunchError::Broken)?;
    if to.len() > max { Err(LaunchError::TooLong) } else { Ok(()) }
}

/// Reads to the end, so that the program is not held up, and keeps nothing.
async fn count(mut from: impl AsyncRead + Unpin, bytes: &mut u64) -> Result<(), LaunchError> {
    let mut buffer = Zeroizing::new([0; 4_096]);
    loop {
        match from.read(&mut *buffer).await.map_err(|_| LaunchError::Broken)? {
            0 => return Ok(()),
            more => *bytes += u64::try_from(more).unwrap_or_default(),
        }
    }
}

impl Launch for Programs {
    fn launch(&self, program: Program) -> Boxed<'_, Result<Printed, LaunchError>> {
        Box::pin(self.run(program))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        let arguments = ["-c", script].map(str::to_owned).to_vec();
        Program {
            name: "sh".to_owned(),
            arguments,
            timeout: Duration::from_secs(20),
            stdout_bytes_max: 1_000,
        }
    }

    fn programs() -> Programs {
        Programs::new(Some("/nonexistent::/usr/bin:/bin"))
    }

    #[tokio::test]
    async fn what_a_program_prints_is_read_and_what_it_says_is_counted() {
        let script = "read x; echo \"depth=$COUNTERSIGN_DEPTH input=$x\"; echo canary >&2; exit 3";
        let printed = programs().launch(shell(script)).await.unwrap();
        assert_eq!(printed.stdout.as_slice(), b"depth=1 input=\n");
        assert_eq!((printed.status, printed.stderr_bytes), (Some(3), 7));
        assert!(!format!("{printed:?}").contains("depth"));
        let printed = programs().launch(shell("kill -9 $$")).await.unwrap();
        assert_eq!(printed.status, None);
    }

    #[tokio::test]
    async fn a_program_that_says_much_on_stderr_is_not_held_up_by_it() {
        let printed = programs().launch(shell("head -c 1000000 /dev/zero >&2; echo done")).await.unwrap();
        assert_eq!((printed.stdout.as_slice(), printed.stderr_bytes), (&b"done\n"[..], 1_000_000));
    }

    #[tokio::test]
    async fn more_than_may_be_printed_is_not_read_on() {
        let outcome = programs().launch(shell("exec yes")).await;
        assert_eq!(outcome.unwrap_err(), LaunchError::TooLong);
        let exactly = programs().launch(shell("head -c 1000 /dev/zero")).await.unwrap();
        assert_eq!(exactly.stdout.len(), 1_000);
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended_with_what_it_has_started() {
        let place = std::env::temp_dir().join(format!("countersign-programs-{}", std::process::id()));
        // The child of the shell holds the pipe, and would for an hour.
        let script = format!("sleep 3600 & echo $! > {}; wait", place.display());
        let program = Program { timeout: Duration::from_millis(500), ..shell(&script) };
        assert_eq!(programs().launch(program).await.unwrap_err(), LaunchError::TimedOut);
        let child: u32 = std::fs::read_to_string(&place).unwrap().trim().parse().unwrap();
        std::fs::remove_file(&place).unwrap();
        let is_running = || {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            stat.contains("(sleep)") && !stat.contains(") Z ")
        };
        for _ in 0..200 {
            if !is_running() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the child of the program still runs");
    }

    #[tokio::test]
    async fn an_agent_that_a_program_leaves_running_keeps_nobody_waiting_and_is_left_alone() {
        let place = std::env::temp_dir().join(format!("countersign-agent-{}", std::process::id()));
        // It holds both pipes, in a session of its own.
        let script = format!("setsid sleep 3600 & echo $! > {}; echo printed; sleep 0.1", place.display());
        let printed = programs().launch(shell(&script)).await.unwrap();
        assert_eq!((printed.status, printed.stdout.as_slice()), (Some(0), &b"printed\n"[..]));
        let agent: i32 = std::fs::read_to_string(&place).unwrap().trim().parse().unwrap();
        std::fs::remove_file(&place).unwrap();
        rustix::process::kill_process(Pid::from_raw(agent).unwrap(), Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_told_apart_from_what_fails() {
        for (name, kind) in [
            ("no-such-program", ErrorKind::NotFound),
            ("/nonexistent/program", ErrorKind::NotFound),
            ("/etc", ErrorKind::PermissionDenied),
            ("/etc/passwd", ErrorKind::PermissionDenied),
        ] {
            let program = Program { name: name.to_owned(), ..shell("") };
            assert_eq!(
                programs().launch(program).await.unwrap_err(),
                LaunchError::NotStarted(kind),
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn our_own_executable_is_refused_through_links_and_by_name() {
        let place = std::env::temp_dir().join(format!("countersign-own-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let own = std::env::current_exe().unwrap();
        let _ = std::fs::remove_file(place.join("other-name"));
        std::os::unix::fs::symlink(&own, place.join("other-name")).unwrap();
        let programs = Programs::new(place.to_str());
        for name in [own.to_str().unwrap(), place.join("other-name").to_str().unwrap(), "other-name"] {
            let program = Program { name: name.to_owned(), ..shell("") };
            assert_eq!(programs.launch(program).await.unwrap_err(), LaunchError::IsOurselves, "{name}");
        }
        std::fs::remove_dir_all(&place).unwrap();
    }
}
