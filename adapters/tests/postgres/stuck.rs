//! What the sweep finds: orders that wait for something that nobody is doing, and none that somebody cares for.

use super::shop::Shop;
use schemas::ids::OrderId;
use time::Duration;
use workflows::{
    lifecycle::Command,
    ports::{Clock, Orders, Search, Stuck},
};

impl Shop {
    /// What has been stuck for ten minutes by now.
    async fn stuck(&self) -> Vec<Stuck> {
        self.orders.stuck(self.clock.now() - Duration::minutes(10), 100).await.unwrap()
    }

    async fn later(&self) {
        self.clock.set(self.clock.now() + Duration::minutes(11));
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
            assert_eq!(self.stuck().await, [], "a message on {queue} stands for it");
            self.run("delete from messages").await;
        }
        self.message("intake", id).await;
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
    shop.orders.request_cancel(id).await.unwrap();
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
async fn a_closed_order_that_search_shows_as_open_is_untold() {
    let shop = Shop::open().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.search.index_orders(&[id]).await.unwrap();
    shop.change(id, [Command::Cancel]).await;
    shop.later().await;
    assert_eq!(shop.stuck().await, [Stuck::Untold(id)]);
}

#[tokio::test]
async fn no_more_of_a_kind_are_found_than_asked_for() {
    let shop = Shop::open().await;
    shop.reserve(&[&[("TEA", 1)][..]; 5]).await;
    shop.later().await;
    assert_eq!(shop.orders.stuck(shop.clock.now(), 3).await.unwrap().len(), 3);
}
