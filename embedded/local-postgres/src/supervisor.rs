//! Keeps a server running on the data folder until it is told to stop. The process that holds the lock runs the server and
//! starts it again whenever it ends; a process that came second stands by, and takes over when the first one is gone.
//! A thread of its own does this, because a server outlives the async runtime of the test that started it.

use std::fs;
use std::io;
use std::process::{Child, ChildStdin};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::{
    cluster::{self, Started},
    error::StartError,
    installation::{self, Choice, Installation, Search},
    owner,
    paths::{Lock, Paths},
    postmaster,
    watchdog::Guarded,
};

/// The pauses between two starts double from the first to the longest. They do so here, and not by the backoff of the
/// workflows, because this crate knows nothing of an order pipeline.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that ran this long was well: the next pause is the first again.
const WELL: Duration = Duration::from_secs(10);
/// How often one that stands by tries the lock.
const STANDING_BY: Duration = Duration::from_millis(300);
/// How long a server that was told to stop is waited for: longer than its watchdog leaves it, unless the system itself holds
/// on to one of its processes.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// The thread that keeps the server running. Dropping it tells the server to stop and does not wait.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    /// Keeps the watchdog from stopping the server.
    pipe: Option<ChildStdin>,
}

impl Supervisor {
    /// Keeps a server running that was started under the lock.
    pub(super) fn own(
        paths: Paths,
        lock: Lock,
        installation: Installation,
        started: Started,
    ) -> Result<Self, StartError> {
        let shared = Arc::<Shared>::default();
        let first = shared.accept(started.guarded);
        Self::spawn(shared, move |shared| {
            if let Some(child) = first {
                keep_running(shared, &paths, &installation, child);
            }
            put_away(&paths, lock);
        })
    }

    /// Stands by while another process runs the server.
    pub(super) fn stand_by(paths: Paths, search: Search) -> Result<Self, StartError> {
        Self::spawn(Arc::default(), move |shared| {
            let Some(lock) = wait_for_lock(shared, &paths) else { return };
            tracing::info!("whoever ran PostgreSQL is gone: running it from here");
            let Some(installation) = find_again(shared, &paths, &search) else { return };
            let mut pause = FIRST_PAUSE;
            if let Some(child) = start_again(shared, &paths, &installation, &mut pause) {
                keep_running(shared, &paths, &installation, child);
            }
            put_away(&paths, lock);
        })
    }

    fn spawn(shared: Arc<Shared>, work: impl FnOnce(&Shared) + Send + 'static) -> Result<Self, StartError> {
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("local-postgres".to_owned())
            .spawn(move || work(&seen))
            .map_err(|source| StartError::NotRun { program: "a thread".to_owned(), source })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Whether the server runs from here.
    pub(super) fn runs(&self) -> bool {
        self.shared.state().pipe.is_some()
    }

    /// Stops the server, if it runs from here, and waits until it is gone, but not for longer than a server that can be
    /// stopped takes. Blocks.
    pub(super) fn stop(mut self) {
        self.shared.stop();
        let Some(thread) = self.thread.take() else { return };
        let told = Instant::now();
        while !thread.is_finished() {
            if told.elapsed() > STOPPED_WITHIN {
                tracing::warn!("PostgreSQL does not stop: left to its watchdog, which goes on trying");
                return;
            }
            sleep(POLL);
        }
        if thread.join().is_err() {
            tracing::error!("the thread that keeps PostgreSQL running has panicked");
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        state.pipe = None;
        self.changed.notify_all();
    }

    /// Takes a server in; if all is to stop meanwhile, it is stopped and waited for instead.
    fn accept(&self, Guarded { mut child, pipe }: Guarded) -> Option<Child> {
        let mut state = self.state();
        if !state.stopping {
            state.pipe = Some(pipe);
            return Some(child);
        }
        drop(state);
        drop(pipe);
        log_failure(child.wait().map(drop));
        None
    }

    /// Waits, at most until all is to stop; whether to go on.
    fn pause(&self, length: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), length, |state| !state.stopping);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.stopping
    }
}

/// Waits for the server's end and starts it again, until all is to stop.
fn keep_running(shared: &Shared, paths: &Paths, installation: &Installation, mut child: Child) {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = Instant::now();
        match child.wait() {
            _ if shared.state().stopping => return,
            Ok(status) => tracing::warn!(%status, "PostgreSQL ended unexpectedly: starting it again"),
            Err(error) => tracing::warn!(%error, "PostgreSQL cannot be watched: starting it again"),
        }
        if started.elapsed() > WELL {
            pause = FIRST_PAUSE;
        }
        match start_again(shared, paths, installation, &mut pause) {
            Some(next) => child = next,
            None => return,
        }
    }
}

/// Tries for as long as it takes; nothing if all is to stop.
fn start_again(shared: &Shared, paths: &Paths, installation: &Installation, pause: &mut Duration) -> Option<Child> {
    loop {
        if !shared.pause(*pause) {
            return None;
        }
        *pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        let started = postmaster::clear_the_way(paths, installation).and_then(|()| cluster::start(paths, installation));
        match started {
            Ok(started) => return shared.accept(started.guarded),
            Err(error) => tracing::warn!(%error, "PostgreSQL does not start: trying again"),
        }
    }
}

fn wait_for_lock(shared: &Shared, paths: &Paths) -> Option<Lock> {
    while shared.pause(STANDING_BY) {
        match paths.try_lock() {
            // A server that somebody started by hand is waited for too; meanwhile the lock is free, as it was.
            Ok(Some(lock)) if owner::owned_server(paths).is_none() => return Some(lock),
            Ok(Some(_) | None) => {}
            Err(error) => tracing::warn!(%error, "the lock of the data folder cannot be tried"),
        }
    }
    None
}

/// Finds the programs for a data folder that exists. They were there a moment ago, in another process.
fn find_again(shared: &Shared, paths: &Paths, search: &Search) -> Option<Installation> {
    loop {
        let choice = paths
            .made_by()
            .and_then(|made_by| installation::choose(&search.installed(paths.account), made_by, &paths.cluster));
        match choice {
            Ok(Choice::Use(installation)) => return Some(installation),
            Ok(Choice::Fetch) => tracing::warn!("PostgreSQL is no longer installed"),
            Err(error) => tracing::warn!(%error, "PostgreSQL cannot be started"),
        }
        if !shared.pause(LONGEST_PAUSE) {
            return None;
        }
    }
}

/// Removes the socket's own folder, and only then frees the lock. The database files stay.
fn put_away(paths: &Paths, lock: Lock) {
    if paths.sockets != paths.cluster {
        match fs::remove_dir(&paths.sockets) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => log_failure(Err(error)),
            Ok(()) | Err(_) => {}
        }
    }
    drop(lock);
}

fn log_failure(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "PostgreSQL could not be put away");
    }
}
