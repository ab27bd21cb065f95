//! The connections that are open: how many in all and from one address, and which of them makes room when another comes.
//! That is the one that has waited longest without getting anywhere: for the head of its first request, then for the rest of
//! a body, then for the head of its next request. So half-sent requests only ever take the places of each other.

use std::{
    collections::{BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::SetOnce, time::Instant};

/// How long the head of a connection's first request may take.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long a connection is kept for its next request, from the moment that the last was answered: longer than the load
/// balancers in use keep theirs, which would else send a request into a connection that just closes.
const NEXT_HEAD: Duration = Duration::from_secs(75);
/// How often a connection that has no deadline looks whether it got one.
const LOOK: Duration = Duration::from_secs(5);

/// How many connections may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub in_all: usize,
    /// From one address; nothing lifts it, for a server behind a proxy, whose one address all requests come from.
    pub of_address: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_all: 8_192, of_address: Some(4_096) }
    }
}

/// What a connection is at. The earlier ones make room first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Its first request has not come.
    First,
    /// The rest of a body has not come. Honest ones come in a moment, so the oldest is none of them.
    Body,
    /// It was answered, and its next request has not come. Clients that order keep such connections, and may be about to
    /// use them.
    Idle,
    /// We are at work for it.
    Busy,
}

/// By whom room can be made, best first: by phase, and within it by how long.
type Line = BTreeSet<(Phase, u64, u64)>;

#[derive(Default)]
struct Registry {
    open: HashMap<u64, Open>,
    line: Line,
    addresses: HashMap<IpAddr, Address>,
    /// Numbers connections, and their changes of phase.
    turns: u64,
}

struct Open {
    address: IpAddr,
    phase: Phase,
    turn: u64,
    until: Option<Instant>,
    /// What it was at when it made room.
    pushed_out: Arc<SetOnce<Phase>>,
}

/// Why a connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It took too long.
    OutOfTime,
    /// It made room while it was at that.
    MadeRoom(Phase),
}

#[derive(Default)]
struct Address {
    open: usize,
    line: Line,
}

impl Registry {
    fn turn(&mut self) -> u64 {
        self.turns = self.turns.wrapping_add(1);
        self.turns
    }

    fn stands_in_line(&mut self, number: u64) {
        let Some(open) = self.open.get(&number) else { return };
        if open.phase == Phase::Busy {
            return;
        }
        let place = (open.phase, open.turn, number);
        self.line.insert(place);
        if let Some(address) = self.addresses.get_mut(&open.address) {
            address.line.insert(place);
        }
    }

    fn leaves_line(&mut self, number: u64) {
        let Some(open) = self.open.get(&number) else { return };
        let place = (open.phase, open.turn, number);
        self.line.remove(&place);
        if let Some(address) = self.addresses.get_mut(&open.address) {
            address.line.remove(&place);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Open> {
        self.leaves_line(number);
        let open = self.open.remove(&number)?;
        if let Some(address) = self.addresses.get_mut(&open.address) {
            address.open -= 1;
            if address.open == 0 {
                self.addresses.remove(&open.address);
            }
        }
        Some(open)
    }

    /// Has whoever comes first in that line leave; whether there was anybody.
    fn push_out(&mut self, first: Option<(Phase, u64, u64)>) -> bool {
        let Some(open) = first.and_then(|(_, _, number)| self.remove(number)) else { return false };
        // It is told once: it is in no line any more.
        open.pushed_out.set(open.phase).ok();
        true
    }
}

/// All connections of a server.
#[derive(Clone)]
pub(super) struct Connections {
    limits: Limits,
    registry: Arc<Mutex<Registry>>,
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, registry: Arc::default() }
    }

    /// A place for a connection from there; none if all are at work.
    pub(super) fn enter(&self, from: IpAddr) -> Option<Connection> {
        let address = counted_as(from);
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = registry.addresses.get(&address);
        if let (Some(most), Some(theirs)) = (self.limits.of_address, of_address)
            && theirs.open >= most
        {
            let first = theirs.line.first().copied();
            if !registry.push_out(first) {
                return None;
            }
        }
        if registry.open.len() >= self.limits.in_all {
            let first = registry.line.first().copied();
            if !registry.push_out(first) {
                return None;
            }
        }
        let (number, pushed_out) = (registry.turn(), Arc::<SetOnce<Phase>>::default());
        let until = Some(Instant::now() + FIRST_HEAD);
        let open = Open { address, phase: Phase::First, turn: number, until, pushed_out: Arc::clone(&pushed_out) };
        registry.open.insert(number, open);
        registry.addresses.entry(address).or_default().open += 1;
        registry.stands_in_line(number);
        drop(registry);
        Some(Connection(Arc::new(Held { number, pushed_out, registry: Arc::clone(&self.registry) })))
    }

    /// Closes one that gets nowhere, if there is any.
    pub(super) fn make_room(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let first = registry.line.first().copied();
        registry.push_out(first);
    }
}

/// One connection. Its place is free when the last copy is dropped.
#[derive(Clone)]
pub(super) struct Connection(Arc<Held>);

struct Held {
    number: u64,
    pushed_out: Arc<SetOnce<Phase>>,
    registry: Arc<Mutex<Registry>>,
}

impl Connection {
    /// It is at something else now.
    pub(super) fn turns(&self, phase: Phase) {
        let mut registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.leaves_line(self.0.number);
        let turn = registry.turn();
        if let Some(open) = registry.open.get_mut(&self.0.number) {
            open.phase = phase;
            open.turn = turn;
            open.until = match phase {
                Phase::First | Phase::Idle => Some(Instant::now() + NEXT_HEAD),
                // Bodies have a time of their own, and what we are at work for ends.
                Phase::Body | Phase::Busy => None,
            };
        }
        registry.stands_in_line(self.0.number);
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = registry.open.get(&self.0.number).map(|open| open.phase);
        phase.is_none_or(|phase| matches!(phase, Phase::First | Phase::Idle))
    }

    /// Until when it has time for what it is at; none if that has no end, or it made room.
    fn until(&self) -> Option<Instant> {
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.open.get(&self.0.number).and_then(|open| open.until)
    }

    /// Resolves when it has to end, and says why.
    pub(super) async fn ends(&self) -> End {
        loop {
            let (until, now) = (self.until(), Instant::now());
            if until.is_some_and(|until| until <= now) {
                return End::OutOfTime;
            }
            let look = tokio::time::sleep_until(until.unwrap_or(now + LOOK));
            tokio::select! {
                at = self.0.pushed_out.wait() => return End::MadeRoom(*at),
                () = look => {}
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).remove(self.number);
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use futures_util::FutureExt;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);

    fn connections(in_all: usize, of_address: Option<usize>) -> Connections {
        Connections::new(Limits { in_all, of_address })
    }

    fn at(connections: &Connections, phase: Phase) -> Connection {
        let connection = connections.enter(HERE).unwrap();
        connection.turns(phase);
        connection
    }

    fn ended(connection: &Connection) -> bool {
        connection.ends().now_or_never().is_some()
    }

    #[tokio::test]
    async fn the_one_that_waits_longest_without_getting_anywhere_makes_room() {
        let all = connections(5, None);
        let busy = at(&all, Phase::Busy);
        let body = at(&all, Phase::Body);
        let idle = at(&all, Phase::Idle);
        let (older, newer) = (all.enter(HERE).unwrap(), all.enter(HERE).unwrap());
        let order = [&older, &newer, &body, &idle];
        let mut later = Vec::new();
        for (place, leaves) in order.iter().enumerate() {
            assert!(!ended(leaves));
            later.push(at(&all, Phase::Busy));
            assert_eq!(order.map(ended).iter().filter(|ended| **ended).count(), place + 1);
            let at = [Phase::First, Phase::First, Phase::Body, Phase::Idle][place];
            assert_eq!(leaves.ends().now_or_never(), Some(End::MadeRoom(at)), "{place}");
        }
        assert!(!ended(&busy));
        assert!(all.enter(HERE).is_none(), "all are at work");
        drop(busy);
        assert!(all.enter(HERE).is_some());
    }

    #[tokio::test]
    async fn an_address_that_is_full_makes_room_for_itself() {
        let all = connections(10, Some(2));
        let theirs = all.enter(THERE).unwrap();
        let (first, second) = (all.enter(HERE).unwrap(), at(&all, Phase::Busy));
        let third = at(&all, Phase::Busy);
        assert!(ended(&first) && !ended(&second) && !ended(&third) && !ended(&theirs));
        assert!(all.enter(HERE).is_none());
        assert!(all.enter(THERE).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_and_work_has_all_it_needs() {
        let all = connections(10, None);
        let (half_sent, answered, busy) = (all.enter(HERE).unwrap(), at(&all, Phase::Idle), at(&all, Phase::Busy));
        let started = Instant::now();
        assert_eq!(half_sent.ends().await, End::OutOfTime);
        assert_eq!(started.elapsed(), FIRST_HEAD);
        assert_eq!(answered.ends().await, End::OutOfTime);
        assert_eq!(started.elapsed(), NEXT_HEAD);
        assert!(!ended(&busy));
        busy.turns(Phase::Idle);
        busy.ends().await;
        assert_eq!(started.elapsed(), 2 * NEXT_HEAD);
    }

    #[tokio::test]
    async fn nothing_is_left_of_connections_that_are_gone() {
        let all = connections(3, Some(2));
        for _ in 0..100 {
            drop((all.enter(HERE), at(&all, Phase::Body), all.enter(THERE), at(&all, Phase::Busy)));
        }
        let registry = all.registry.lock().unwrap();
        assert!(registry.open.is_empty() && registry.line.is_empty() && registry.addresses.is_empty());
    }

    #[test]
    fn an_address_of_the_next_generation_is_a_network() {
        let counted = |text: &str| counted_as(text.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
    }
}
