//! Functions are killed in the middle of what they do, again and again; every order comes to its end and every promise
//! holds.

use super::{
    site::{Deployed, deployed, run},
    support::{by_chance, new_id, order, wait_until},
};
use futures_util::future::join_all;
use std::{
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

/// The function processes that run at this moment.
fn functions(deployed: &Deployed) -> Vec<String> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid=,command="]).output().unwrap();
    let server = deployed.site().process.to_string();
    let lines = String::from_utf8_lossy(&listed.stdout).into_owned();
    let of_server = lines.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (pid, parent, command) = (words.next()?, words.next()?, words.next()?);
        (parent == server && command.ends_with("/bootstrap")).then(|| pid.to_owned())
    });
    of_server.collect()
}

#[test]
fn functions_killed_in_the_middle_cost_no_order_and_no_promise() {
    run(async {
        const METHODS: [&str; 4] = ["pm_card_visa", "pm_card_chargeDeclined", "pm_sandbox_slow", "pm_card_visa"];
        const EACH: usize = 5;
        const FEW: usize = 5;
        let (_turn, deployed) = deployed().await;
        let (done, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
        let killing = async {
            let mut rng = by_chance();
            while !done.load(Ordering::SeqCst) {
                let running = functions(deployed);
                if let Some(one) = running.get(rng.usize(..running.len().max(1))) {
                    let sent = Command::new("kill").args(["-KILL", one]).status().unwrap();
                    killed.fetch_add(usize::from(sent.success()), Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(rng.u64(50..400))).await;
            }
        };
        let ordering = async {
            let orders = METHODS.repeat(EACH).into_iter().map(|method| async move {
                deployed.accepted(&new_id().to_string(), &order(&[("TEA", 1)], method)).await
            });
            let ids = join_all(orders).await;
            let before = killed.load(Ordering::SeqCst);
            // Whatever they are at now: a few more have to die of it, unless nothing is left to do.
            wait_until("a few more to be killed", Duration::from_secs(120), async || {
                let more = killed.load(Ordering::SeqCst) - before;
                for id in ids.iter().filter(|_| more < FEW) {
                    let status = deployed.shop.status(*id).await;
                    if !["confirmed", "rejected"].contains(&status.as_str()) {
                        return Err(format!("{more} were, and order {id} is {status}"));
                    }
                }
                Ok(())
            })
            .await;
            done.store(true, Ordering::SeqCst);
            ids
        };
        let (ids, ()) = tokio::join!(ordering, killing);
        assert!(killed.load(Ordering::SeqCst) >= FEW, "only {killed:?} were killed");
        deployed.settled(&ids).await;
        for (id, method) in ids.iter().zip(METHODS.repeat(EACH)) {
            let end = if method == "pm_card_chargeDeclined" { "rejected" } else { "confirmed" };
            assert_eq!(deployed.shop.status(*id).await, end, "{method}");
        }
        deployed.audit().await;
    });
}
