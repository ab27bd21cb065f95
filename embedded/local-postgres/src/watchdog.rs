//! Ties the server's life to ours. Nothing of ours runs after a SIGKILL, so a small shell holds the other end of a pipe:
//! when we end, in whatever way, the pipe closes and the shell stops the server (and removes a temporary folder).

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::{account::Account, error::StartError};

/// The arguments are a folder to remove after the pipe closed (or nothing), the signal that stops the program, and the program.
///
/// The reader tells the main shell by USR1 that the pipe closed, before it stops the program: only then may the folder go,
/// because a program that died by itself is started again on it. The signal is repeated, as a program that has only just begun
/// does not hear it yet. One that still runs after three seconds gets QUIT, PostgreSQL's immediate shutdown, which waits for
/// its processes too: half a second later these are killed, as PostgreSQL itself would after five, and at last the program.
/// They go first, because one that outlives it holds the shared memory, and the next server could not start.
const SCRIPT: &str = r#"
remove=$1 signal=$2
shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
closed=
trap 'closed=yes' USR1
trap '' HUP INT TERM
runs_on_after() {
  tries=$2
  while [ "$tries" -gt 0 ] && kill -s "$1" $program; do sleep 0.1; tries=$((tries - 1)); done
  [ "$tries" -eq 0 ]
}
children() {
  cat /proc/$program/task/$program/children || ps -A -o pid= -o ppid= | while read -r pid parent; do
    if [ "$parent" = "$program" ]; then echo "$pid"; fi
  done
}
(
  while read -r _; do :; done <&3
  kill -s USR1 $$
  runs_on_after "$signal" 30 && runs_on_after QUIT 5 || exit
  for child in $(children); do kill -s KILL "$child"; done
  runs_on_after QUIT 3 && kill -s KILL $program
) >/dev/null 2>&1 &
reader=$!
exec 3<&-
while :; do
  wait $program
  code=$?
  kill -0 $program 2>/dev/null || break
done
kill -s KILL $reader 2>/dev/null
if [ -n "$closed" ] && [ -n "$remove" ]; then rm -rf "$remove"; fi
exit $code
"#;

/// How a program is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// PostgreSQL's fast shutdown: sessions end, the checkpoint is written.
    Fast,
    /// PostgreSQL's immediate shutdown: for data that is thrown away.
    Immediate,
    /// The signal that any program understands.
    Terminate,
}

/// A program that ends when this value, or this process, does.
#[derive(Debug)]
pub(super) struct Guarded {
    /// The watchdog; it ends after the program, with the program's exit code.
    pub(super) child: Child,
    /// Held open for as long as the program is to run.
    pub(super) pipe: ChildStdin,
}

/// Where the program's output goes.
pub(super) enum Output {
    /// Into a file.
    File(File),
    /// To whoever waits for the child.
    Piped,
}

/// Runs `program` with its arguments under a watchdog that removes `remove` once the pipe has closed and the program ended.
pub(super) fn spawn(
    account: Account,
    program: &Command,
    ending: Ending,
    remove: Option<&Path>,
    output: Output,
) -> Result<Guarded, StartError> {
    let failed = |source| StartError::NotRun { program: program.get_program().to_string_lossy().into_owned(), source };
    let mut command = account.command("/bin/sh");
    command.args(["-c", SCRIPT, "sluice-postgres-watchdog"]);
    command.arg(remove.map_or(std::ffi::OsStr::new(""), Path::as_os_str));
    command.arg(match ending {
        Ending::Fast => "INT",
        Ending::Immediate => "QUIT",
        Ending::Terminate => "TERM",
    });
    command.arg(program.get_program()).args(program.get_args());
    // A Ctrl-C at the terminal must not reach the server before we have finished with it.
    command.process_group(0).stdin(Stdio::piped());
    match output {
        Output::File(file) => {
            command.stderr(file.try_clone().map_err(failed)?).stdout(file);
        }
        Output::Piped => {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
    }
    let mut child = command.spawn().map_err(failed)?;
    let pipe = child.stdin.take().ok_or_else(|| failed(std::io::Error::from(std::io::ErrorKind::BrokenPipe)))?;
    Ok(Guarded { child, pipe })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn sleeper(remove: Option<&Path>) -> Guarded {
        let mut program = Command::new("sleep");
        program.arg("1000");
        spawn(Account::Own, &program, Ending::Terminate, remove, Output::Piped).unwrap()
    }

    #[test]
    fn a_closed_pipe_ends_the_program_and_removes_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let mut guarded = sleeper(Some(folder.path()));
        drop(guarded.pipe);
        assert_eq!(guarded.child.wait().unwrap().code(), Some(128 + 15));
        assert!(!folder.path().exists());
    }

    #[test]
    fn a_program_that_hears_no_signal_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let mut program = Command::new("sh");
        program.args([
            "-c",
            "trap '' TERM QUIT; sleep 1000 & echo $! > \"$1.new\"; mv \"$1.new\" \"$1\"; while :; do wait; done",
            "deaf",
        ]);
        program.arg(&told);
        let mut guarded = spawn(Account::Own, &program, Ending::Terminate, None, Output::Piped).unwrap();
        while !told.exists() {
            assert_eq!(guarded.child.try_wait().unwrap(), None, "it ended by itself");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        drop(guarded.pipe);
        assert_eq!(guarded.child.wait().unwrap().code(), Some(128 + 9));
        let child = std::fs::read_to_string(told).unwrap();
        let mut ps = Command::new("ps");
        let state = ps.args(["-o", "state=", "-p", child.trim()]).output().unwrap().stdout;
        assert!(state.is_empty() || state.starts_with(b"Z"), "its child runs on");
    }

    #[test]
    fn a_program_that_ends_by_itself_leaves_the_folder_and_its_exit_code() {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new("sh");
        program.args(["-c", "exit 7"]);
        let mut guarded = spawn(Account::Own, &program, Ending::Terminate, Some(folder.path()), Output::Piped).unwrap();
        assert_eq!(guarded.child.wait().unwrap().code(), Some(7));
        assert!(folder.path().exists());
    }

    #[test]
    fn arguments_reach_the_program_as_they_are() {
        let mut program = Command::new("printf");
        program.args(["%s|", "a b", "$HOME", "\"'"]);
        let guarded = spawn(Account::Own, &program, Ending::Terminate, None, Output::Piped).unwrap();
        let output = guarded.child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "a b|$HOME|\"'|");
    }
}
