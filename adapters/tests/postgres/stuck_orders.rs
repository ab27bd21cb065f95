//! What the sweep finds: orders that wait for something that nobody is doing, and none that somebody cares for.

use super::shop::Shop;
use schemas::ids::OrderId;
use time::Duration;
use workflows::{
    lifecycle::{Command, Stuck},
    ports::{Clock, InvoiceNumbers, Search, StuckOrders, Sweep},
};

impl Shop {
    /// What has been stuck for ten minutes by now.
    async fn stuck(&self) -> Vec<Stuck> {
        self.swept().await.into_iter().map(|(stuck, _)| stuck).collect()
    }

    /// The same, with how often each was set going.
    async fn swept(&self) -> Vec<(Stuck, i32)> {
        self.orders.stuck(Duration::minutes(10), 100).await.unwrap()
    }

    /// Notes that it was set going, and is to be looked at again after some minutes.
    async fn sweep(&self, stuck: Stuck, times: i32, minutes: i64) {
        self.orders.mark_swept(&[Sweep { stuck, times, pause: Duration::minutes(minutes) }]).await.unwrap();
    }

    /// By every clock.
    async fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now() + time);
        self.time_passes(time.unsigned_abs()).await;
    }

    async fn later(&self) {
        self.pass(Duration::minutes(11)).await;
    }

    async fn message(&self, queue: &str, id: OrderId) {
        self.run(&format!("insert into messages (queue, subject, body) values ('{queue}', '{id}', '{{}}')")).await;
    }

    async fn execution(&self, id: OrderId, status: &str) {
        self.run(&format!(
            "insert into executions (id, workflow, status, state, started_at)
             values ('{id}', 'checkout', '{status}', '{{}}', now())
             on conflict (id) do update set status = excluded.status"
        ))
        .await;
    }

    /// Found once it waits long enough; not while a message stands for it, in its queue or set aside.
    async fn is_stuck_until_a_message_stands_for_it(&self, stuck: Stuck, id: OrderId, queue: &str) {
        assert_eq!(self.stuck().await, [], "too early");
        self.later().await;
        assert_eq!(self.stuck().await, [stuck]);
        for queue in [queue.to_owned(), format!("{queue}-dlq")] {
            self.message(&queue, id).await;
            self.later().await;
            assert_eq!(self.stuck().await, [], "a message on {queue} stands for it");
            self.run("delete from messages").await;
        }
        self.message("intake", id).await;
        self.later().await;
        assert_eq!(self.stuck().await.len(), 1, "a message about something else does not");
    }
}

#[tokio::test]
async fn a_reserved_order_without_a_running_workflow_is_unattended() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    assert_eq!(shop.stuck().await, [], "too early");
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Unattended(id)]);
    shop.execution(id, "running").await;
    assert_eq!(shop.stuck().await, []);
    shop.execution(id, "failed").await;
    assert_eq!(shop.stuck().await, [Stuck::Unattended(id)]);
}

#[tokio::test]
async fn a_noted_cancellation_that_nobody_carries_out_is_forgotten() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.execution(id, "running").await;
    shop.change(id, [Command::AskToCancel]).await;
    shop.is_stuck_until_a_message_stands_for_it(Stuck::CancelForgotten(id), id, "cancel").await;
    shop.change(id, [Command::Cancel]).await;
    assert_eq!(shop.stuck().await, []);
}

#[tokio::test]
async fn a_confirmed_order_without_an_invoice_is_uninvoiced() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.confirm(id).await;
    shop.orders.number_invoices(&[id]).await.unwrap();
    shop.is_stuck_until_a_message_stands_for_it(Stuck::Uninvoiced(id), id, "invoice").await;
    shop.change(id, [Command::RecordInvoice]).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, []);
}

#[tokio::test]
async fn a_closed_order_that_may_hold_money_is_unvoided() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.change(id, [Command::AskForPayment, Command::Cancel]).await;
    shop.search.index_orders(&[id]).await.unwrap();
    shop.is_stuck_until_a_message_stands_for_it(Stuck::Unvoided(id), id, "void").await;
    shop.change(id, [Command::RecordVoid]).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, []);
}

#[tokio::test]
async fn a_closed_order_without_money_is_not_stuck() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)], &[("NONE", 1)]]).await;
    shop.change(ids[0], [Command::Cancel]).await;
    shop.change(ids[1], [Command::AskForPayment, Command::RecordDecline { code: "x".into() }, Command::Cancel]).await;
    shop.search.index_orders(&ids).await.unwrap();
    shop.later().await;
    assert_eq!(shop.stuck().await, []);
}

#[tokio::test]
async fn a_closed_order_that_search_was_not_told_of_is_untold() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("NONE", 1)]]).await[0];
    shop.is_stuck_until_a_message_stands_for_it(Stuck::Untold(id), id, "index").await;
    shop.search.index_orders(&[id]).await.unwrap();
    assert_eq!(shop.stuck().await, []);
}

#[tokio::test]
async fn a_closed_order_that_changed_at_no_moment_that_can_be_read_keeps_no_other_from_being_found() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("NONE", 1)], &[("NONE", 1)], &[("NONE", 1)]]).await;
    shop.later().await;
    for (id, moment) in ids.iter().zip(["infinity", "-infinity"]) {
        shop.run(&format!("update orders set updated_at = '{moment}' where id = '{id}'")).await;
    }
    let stuck = shop.stuck().await;
    assert!(stuck.len() == 3 && ids.iter().all(|id| stuck.contains(&Stuck::Untold(*id))), "{stuck:?}");
}

#[tokio::test]
async fn a_closed_order_that_search_shows_as_open_is_untold() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.search.index_orders(&[id]).await.unwrap();
    shop.change(id, [Command::Cancel]).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Untold(id)]);
}

#[tokio::test]
async fn a_closed_order_that_may_hold_money_is_found_however_long_ago_it_was_closed() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.change(id, [Command::AskForPayment, Command::Cancel]).await;
    shop.search.index_orders(&[id]).await.unwrap();
    shop.pass(Duration::days(400)).await;
    assert_eq!(shop.stuck().await, [Stuck::Unvoided(id)]);
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Unvoided(id)], "and again until it is settled");
}

#[tokio::test]
async fn a_closed_order_that_is_settled_is_looked_at_once() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("NONE", 1)], &[("TEA", 1)]]).await;
    shop.change(ids[0], [Command::AskForPayment, Command::Cancel, Command::RecordVoid]).await;
    shop.search.index_orders(&ids).await.unwrap();
    let waiting = async || shop.value::<i64>("select count(*) from closings").await;
    assert_eq!(waiting().await, 2, "an order that is open is none of them");
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Unattended(ids[2])]);
    assert_eq!(waiting().await, 0);
}

#[tokio::test]
async fn an_order_that_another_release_closes_is_looked_at_too() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.change(id, [Command::AskForPayment]).await;
    shop.run(&format!("update orders set status = 'cancelled' where id = '{id}'")).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Untold(id), Stuck::Unvoided(id)]);
}

#[tokio::test]
async fn no_more_of_a_kind_are_found_than_asked_for() {
    let shop = Shop::open().await;
    shop.reserve(&[&[("TEA", 1)][..]; 5]).await;
    shop.later().await;
    assert_eq!(shop.orders.stuck(Duration::ZERO, 3).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_was_set_going_is_left_alone_for_a_while() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.later().await;
    let stuck = Stuck::Unattended(id);
    assert_eq!(shop.swept().await, [(stuck, 0)]);
    shop.sweep(stuck, 1, 4).await;
    assert_eq!(shop.swept().await, []);
    shop.pass(Duration::minutes(3)).await;
    assert_eq!(shop.swept().await, []);
    shop.pass(Duration::minutes(1)).await;
    assert_eq!(shop.swept().await, [(stuck, 1)]);
    shop.sweep(stuck, 2, 8).await;
    shop.pass(Duration::minutes(8)).await;
    assert_eq!(shop.swept().await, [(stuck, 2)]);
}

#[tokio::test]
async fn an_order_is_left_alone_only_for_what_it_was_set_going_for() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("NONE", 1)], &[("NONE", 1)]]).await;
    shop.later().await;
    shop.sweep(Stuck::Unvoided(ids[0]), 1, 60).await;
    shop.sweep(Stuck::Untold(ids[1]), 1, 60).await;
    assert_eq!(shop.stuck().await, [Stuck::Untold(ids[0])]);
}

#[tokio::test]
async fn those_found_again_and_again_do_not_keep_the_others_from_being_found() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 3]).await;
    shop.later().await;
    shop.run(&format!("update orders set updated_at = updated_at + interval '1 minute' where id = '{}'", ids[1])).await;
    let first = async || shop.orders.stuck(Duration::ZERO, 1).await.unwrap().remove(0).0;
    assert_eq!(first().await, Stuck::Unattended(ids[0]), "the oldest");
    shop.sweep(Stuck::Unattended(ids[0]), 1, 1).await;
    shop.sweep(Stuck::Unattended(ids[2]), 1, 2).await;
    shop.pass(Duration::hours(1)).await;
    assert_eq!(first().await, Stuck::Unattended(ids[1]), "the one never set going");
    shop.sweep(Stuck::Unattended(ids[1]), 1, 60).await;
    assert_eq!(first().await, Stuck::Unattended(ids[0]), "the one longest due");
}

#[tokio::test]
async fn a_sweep_is_forgotten_a_day_after_the_order_was_to_be_looked_at() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)]]).await;
    shop.sweep(Stuck::Unattended(ids[0]), 3, 60).await;
    shop.pass(Duration::hours(24)).await;
    shop.sweep(Stuck::Unattended(ids[1]), 1, 1).await;
    assert_eq!(shop.value::<i64>("select count(*) from sweeps").await, 2);
    shop.pass(Duration::hours(1)).await;
    shop.sweep(Stuck::Unattended(ids[1]), 2, 2).await;
    assert_eq!(shop.value::<i64>("select count(*) from sweeps").await, 1);
}

#[tokio::test]
async fn one_that_two_set_going_at_once_is_noted_once() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.later().await;
    let sweep = Sweep { stuck: Stuck::Unattended(id), times: 1, pause: Duration::ZERO };
    shop.orders.mark_swept(&[sweep.clone(), sweep.clone()]).await.unwrap();
    shop.orders.mark_swept(&[sweep]).await.unwrap();
    assert_eq!(shop.swept().await, [(Stuck::Unattended(id), 1)]);
}

#[tokio::test]
async fn a_number_that_was_given_to_an_order_called_off_since_is_still_to_be_printed() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.confirm(id).await;
    shop.orders.number_invoices(&[id]).await.unwrap();
    shop.change(id, [Command::Cancel, Command::RecordVoid]).await;
    shop.search.index_orders(&[id]).await.unwrap();
    shop.is_stuck_until_a_message_stands_for_it(Stuck::Uninvoiced(id), id, "invoice").await;
    shop.change(id, [Command::RecordInvoice]).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, []);
}

/// One whose clock is right, one that is weeks behind, one that is weeks ahead.
#[tokio::test]
async fn what_is_stuck_is_found_in_time_whatever_the_clock_of_whoever_looks_or_left_it() {
    for days in [0, -31, 31] {
        let shop = Shop::open().await;
        shop.clock.set(shop.clock.now() + Duration::days(days));
        let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)], &[("TEA", 1)]]).await;
        shop.change(ids[1], [Command::AskToCancel]).await;
        shop.change(ids[2], [Command::AskForPayment, Command::Cancel]).await;
        shop.search.index_orders(&ids).await.unwrap();
        let noted = shop.stuck().await;
        assert!(
            !noted.contains(&Stuck::CancelForgotten(ids[1])) && !noted.contains(&Stuck::Unvoided(ids[2])),
            "too early"
        );
        shop.later().await;
        let expected = [Stuck::CancelForgotten(ids[1]), Stuck::Unattended(ids[0]), Stuck::Unvoided(ids[2])];
        assert_eq!(shop.stuck().await, expected, "{days} days off");
        shop.sweep(expected[1], 1, 4).await;
        assert!(!shop.stuck().await.contains(&expected[1]), "it is left alone");
        shop.pass(Duration::minutes(5)).await;
        assert!(shop.stuck().await.contains(&expected[1]));
    }
}

#[tokio::test]
async fn what_was_put_off_before_the_clock_was_set_back_is_looked_at_again() {
    let shop = Shop::open().await;
    shop.time_passes(Duration::days(90).unsigned_abs()).await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)]]).await;
    shop.change(ids[1], [Command::AskForPayment, Command::Cancel]).await;
    shop.search.index_orders(&ids).await.unwrap();
    shop.sweep(Stuck::Unattended(ids[0]), 1, 60).await;
    shop.clock_is_put_right().await;
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Unattended(ids[0]), Stuck::Unvoided(ids[1])]);
}
