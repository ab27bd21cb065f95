//! Carrying out commands: what each one leaves in the rows, and what a second delivery finds.

use super::shop::{Shop, authorization, is_changed, verdict};
use schemas::{
    api::order::{PaymentStatus, Reason},
    event::{Event, EventName},
    ids::OrderId,
};
use time::Duration;
use workflows::{
    lifecycle::{Command, Verdict},
    order::State,
    ports::{Applied, Clock, InvoiceNumbers, Ledger, Reservations},
};

fn decline() -> Command {
    Command::RecordDecline { code: "insufficient_funds".into() }
}

fn rejection() -> Command {
    Command::Reject { reason: Reason::PaymentDeclined, detail: Some("insufficient_funds".into()) }
}

fn events(applied: &Applied) -> &[Event] {
    match applied {
        Applied::Missing => panic!("the order is missing"),
        Applied::Order { events, .. } => events,
    }
}

impl Shop {
    /// A shop with one reserved order of five TEA.
    async fn with_an_order() -> (Self, OrderId) {
        let shop = Self::open().await;
        let id = shop.reserve(&[&[("TEA", 5)]]).await[0];
        (shop, id)
    }

    /// Carries the command out, which must tell this as the order's next event, and store it.
    async fn tells(&self, id: OrderId, command: Command, name: EventName) -> Event {
        self.clock.set(self.clock.now() + Duration::seconds(1));
        let before = self.load(id).await.version;
        let applied = self.apply(id, command).await;
        assert!(is_changed(&applied), "{applied:?}");
        let event = events(&applied)[0].clone();
        assert_eq!((event.name(), event.sequence, event.time), (Some(name), before + 1, self.clock.now()));
        assert_eq!(self.orders.events(id).await.unwrap().last(), Some(&event));
        let stored = self.load(id).await;
        assert_eq!((stored.version, stored.updated_at), (before + 1, self.clock.now()));
        event
    }

    /// Its time is up by the database's clock, whatever ours says.
    async fn expires(&self, id: OrderId) {
        let applied = self.apply(id, Command::Expire).await;
        assert_eq!(events(&applied)[0].name(), Some(EventName::OrderRejected), "{applied:?}");
        assert_eq!(self.orders.events(id).await.unwrap().last(), Some(&events(&applied)[0]));
    }

    /// Carries the command out, which must change the order without an event.
    async fn says_nothing(&self, id: OrderId, command: Command) {
        let before = self.load(id).await.version;
        let applied = self.apply(id, command).await;
        assert!(is_changed(&applied), "{applied:?}");
        assert!(events(&applied).is_empty());
        assert_eq!(self.load(id).await.version, before);
    }
}

#[tokio::test]
async fn asking_for_payment_stores_the_intent_and_counts_the_calls() {
    let (shop, id) = Shop::with_an_order().await;
    shop.says_nothing(id, Command::AskForPayment).await;
    shop.says_nothing(id, Command::AskForPayment).await;
    let order = shop.load(id).await;
    let payment = order.payment.unwrap();
    assert_eq!((payment.state, payment.calls), (PaymentStatus::Pending, 2));
    assert_eq!(payment.key, format!("order-{id}-authorize-1"));
    assert_eq!(Some(payment.amount.amount), order.total);
}

#[tokio::test]
async fn an_authorization_is_written_into_the_ledger() {
    let (shop, id) = Shop::with_an_order().await;
    shop.says_nothing(id, Command::AskForPayment).await;
    shop.tells(id, authorization("pi_1"), EventName::PaymentAuthorized).await;
    let payment = shop.load(id).await.payment.unwrap();
    assert_eq!((payment.state, payment.authorization_id.as_deref()), (PaymentStatus::Authorized, Some("pi_1")));
}

#[tokio::test]
async fn a_decline_is_written_into_the_ledger_with_its_code() {
    let (shop, id) = Shop::with_an_order().await;
    shop.says_nothing(id, Command::AskForPayment).await;
    shop.says_nothing(id, decline()).await;
    let payment = shop.load(id).await.payment.unwrap();
    assert_eq!((payment.state, payment.code.as_deref()), (PaymentStatus::Declined, Some("insufficient_funds")));
}

#[tokio::test]
async fn a_void_is_written_into_the_ledger_and_the_money_stays_named() {
    let (shop, id) = Shop::with_an_order().await;
    shop.change(id, [Command::AskForPayment, authorization("pi_1")]).await;
    shop.says_nothing(id, Command::RecordVoid).await;
    let payment = shop.load(id).await.payment.unwrap();
    assert_eq!((payment.state, payment.authorization_id.as_deref()), (PaymentStatus::Voided, Some("pi_1")));
}

#[tokio::test]
async fn a_confirmed_order_keeps_its_stock() {
    let (shop, id) = Shop::with_an_order().await;
    shop.change(id, [Command::AskForPayment, authorization("pi_1")]).await;
    shop.tells(id, Command::Confirm, EventName::OrderConfirmed).await;
    assert_eq!(shop.load(id).await.state, State::Confirmed);
    assert_eq!(shop.reserved_units("TEA").await, 5);
}

#[tokio::test]
async fn an_order_that_is_not_paid_is_not_confirmed() {
    let (shop, id) = Shop::with_an_order().await;
    assert_eq!(verdict(&shop.apply(id, Command::Confirm).await), Some(&Verdict::Refused));
    assert!(matches!(shop.load(id).await.state, State::Reserved { .. }));
}

#[tokio::test]
async fn a_refused_order_says_why_and_gives_its_stock_back() {
    let (shop, id) = Shop::with_an_order().await;
    let event = shop.tells(id, rejection(), EventName::OrderRejected).await;
    assert_eq!(event.data["reserved"], true);
    let detail = Some("insufficient_funds".to_owned());
    assert_eq!(shop.load(id).await.state, State::Rejected { reason: Reason::PaymentDeclined, detail });
    assert_eq!(shop.reserved_units("TEA").await, 0);
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back() {
    let (shop, id) = Shop::with_an_order().await;
    shop.confirm(id).await;
    shop.tells(id, Command::Cancel, EventName::OrderCancelled).await;
    assert_eq!(shop.load(id).await.state, State::Cancelled);
    assert_eq!(shop.reserved_units("TEA").await, 0);
}

#[tokio::test]
async fn a_reservation_expires_when_its_time_is_up_and_not_before() {
    let (shop, id) = Shop::with_an_order().await;
    let early = shop.reserve(&[&[("CUP", 1)]]).await[0];
    shop.confirm(early).await;
    shop.time_passes(minutes(29)).await;
    assert_eq!(shop.orders.expired(10).await.unwrap(), []);
    assert_eq!(verdict(&shop.apply(id, Command::Expire).await), Some(&Verdict::Refused));
    shop.time_passes(minutes(1)).await;
    assert_eq!(shop.orders.expired(10).await.unwrap(), [id], "and none that is paid for");
    shop.expires(id).await;
    assert_eq!(shop.load(id).await.state, State::Rejected { reason: Reason::ReservationExpired, detail: None });
    assert_eq!(shop.reserved_units("TEA").await, 0);
    assert_eq!(shop.orders.expired(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_process_whose_clock_is_wrong_holds_stock_for_as_long_and_ends_nobody_s_reservation_early() {
    let (shop, id) = Shop::with_an_order().await;
    let right = shop.clock.now();
    for wrong in [Duration::minutes(31), Duration::minutes(-31)] {
        shop.clock.set(right + wrong);
        let of_this = shop.reserve(&[&[("CUP", 1)]]).await[0];
        assert_eq!(shop.orders.expired(10).await.unwrap(), []);
        for id in [id, of_this] {
            assert_eq!(verdict(&shop.apply(id, Command::Expire).await), Some(&Verdict::Refused), "{wrong}");
        }
        let held =
            format!("select reserved_until - sluice_now() > interval '29 minutes' from orders where id = '{of_this}'");
        assert!(shop.value::<bool>(&held).await, "{wrong}");
    }
    shop.time_passes(minutes(30)).await;
    assert_eq!(shop.orders.expired(10).await.unwrap().len(), 3);
    shop.expires(id).await;
}

#[tokio::test]
async fn an_order_for_which_money_may_be_held_does_not_expire_and_is_in_nobody_s_way() {
    let (shop, asked) = Shop::with_an_order().await;
    let paid = shop.reserve(&[&[("TEA", 1)]]).await[0];
    let unpaid = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.change(asked, [Command::AskForPayment]).await;
    shop.change(paid, [Command::AskForPayment, authorization("pi_1")]).await;
    shop.time_passes(minutes(31)).await;
    assert_eq!(shop.orders.expired(1).await.unwrap(), [unpaid]);
    for id in [asked, paid] {
        assert_eq!(verdict(&shop.apply(id, Command::Expire).await), Some(&Verdict::Refused));
    }
    shop.change(asked, [Command::RecordVoid]).await;
    assert_eq!(shop.orders.expired(1).await.unwrap(), [asked]);
}

#[tokio::test]
async fn an_order_that_only_a_later_release_can_judge_keeps_no_other_from_expiring() {
    let (shop, later) = Shop::with_an_order().await;
    let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
    shop.run(&format!("update orders set status = 'in_review' where id = '{later}'")).await;
    shop.time_passes(minutes(31)).await;
    assert_eq!(shop.orders.expired(10).await.unwrap(), [id]);
    shop.expires(id).await;
}

#[tokio::test]
async fn expired_reservations_come_longest_expired_first_and_no_more_than_asked_for() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)], &[("TEA", 1)], &[("TEA", 1)]]).await;
    for (id, minutes) in ids.iter().zip([3, 1, 2]) {
        shop.run(&format!(
            "update orders set reserved_until = sluice_now() - interval '1 hour' + {minutes} * interval '1 minute'
             where id = '{id}'"
        ))
        .await;
    }
    assert_eq!(shop.orders.expired(2).await.unwrap(), [ids[1], ids[2]]);
}

fn minutes(count: u64) -> std::time::Duration {
    std::time::Duration::from_secs(60 * count)
}

#[tokio::test]
async fn a_stored_invoice_is_marked_and_told() {
    let (shop, id) = Shop::with_an_order().await;
    shop.confirm(id).await;
    assert_eq!(verdict(&shop.apply(id, Command::RecordInvoice).await), Some(&Verdict::Refused), "it has no number yet");
    shop.orders.number_invoices(&[id]).await.unwrap();
    assert!(!shop.load(id).await.invoice.unwrap().stored);
    let event = shop.tells(id, Command::RecordInvoice, EventName::InvoiceIssued).await;
    let invoice = shop.load(id).await.invoice.unwrap();
    assert!(invoice.stored);
    assert_eq!(event.data["number"], invoice.number);
    assert!(shop.value::<bool>("select invoiced from orders").await);
}

#[tokio::test]
async fn a_command_told_again_changes_nothing_and_tells_the_stored_event_again() {
    let (shop, id) = Shop::with_an_order().await;
    shop.change(id, [Command::AskForPayment]).await;
    let steps = [
        (authorization("pi_1"), EventName::PaymentAuthorized),
        (Command::Confirm, EventName::OrderConfirmed),
        (Command::Cancel, EventName::OrderCancelled),
    ];
    for (command, name) in steps {
        let event = shop.tells(id, command.clone(), name).await;
        let before = shop.load(id).await;
        shop.clock.set(shop.clock.now() + Duration::minutes(1));
        let again = shop.apply(id, command).await;
        assert_eq!(verdict(&again), Some(&Verdict::Already));
        assert_eq!(events(&again), [event]);
        assert_eq!(shop.load(id).await, before);
    }
}

#[tokio::test]
async fn outcomes_stand_in_the_order_of_the_batch_and_missing_orders_at_their_place() {
    let (shop, id) = Shop::with_an_order().await;
    let unknown = shop.order(&[]).id;
    let batch = vec![(unknown, Command::Cancel), (id, Command::Confirm), (unknown, Command::Expire)];
    let applied = shop.orders.apply(batch).await.unwrap();
    assert!(matches!(applied[..], [Applied::Missing, Applied::Order { .. }, Applied::Missing]), "{applied:?}");
    assert!(shop.orders.apply(Vec::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_order_twice_in_a_batch_is_changed_by_each_command_in_turn() {
    let (shop, id) = Shop::with_an_order().await;
    let batch = [Command::AskForPayment, authorization("pi_1"), Command::Confirm, Command::Confirm, Command::Cancel];
    let applied = shop.orders.apply(batch.map(|command| (id, command)).into()).await.unwrap();
    let told: Vec<Vec<i32>> =
        applied.iter().map(|one| events(one).iter().map(|event| event.sequence).collect()).collect();
    assert_eq!(told, [vec![], vec![3], vec![4], vec![4], vec![5]]);
    assert_eq!(verdict(&applied[3]), Some(&Verdict::Already));
    let stored = shop.load(id).await;
    assert_eq!((stored.state, stored.version), (State::Cancelled, 5));
    assert_eq!(stored.payment.unwrap().state, PaymentStatus::Authorized);
    assert_eq!(shop.orders.events(id).await.unwrap().len(), 5);
    assert_eq!(shop.reserved_units("TEA").await, 0);
}

#[tokio::test]
async fn a_failed_batch_changes_nothing() {
    let (shop, id) = Shop::with_an_order().await;
    let other = shop.reserve(&[&[("CUP", 1)]]).await[0];
    shop.change(id, [Command::AskForPayment]).await;
    shop.change(other, [Command::AskForPayment, authorization("pi_1")]).await;
    let batch = vec![(other, Command::Cancel), (id, authorization("pi_1"))];
    let error = shop.orders.apply(batch).await.unwrap_err();
    assert_eq!((error.what, error.away), ("orders.write_payments", false), "one authorization for two orders");
    assert!(matches!(shop.load(other).await.state, State::Reserved { .. }));
    assert_eq!(shop.reserved_units("CUP").await, 1);
}

#[tokio::test]
async fn a_request_to_cancel_is_noted_and_then_nothing_else_can_happen_to_the_order() {
    let (shop, id) = Shop::with_an_order().await;
    shop.change(id, [Command::AskForPayment, authorization("pi_1")]).await;
    assert!(is_changed(&shop.apply(id, Command::AskToCancel).await));
    assert_eq!(
        verdict(&shop.apply(id, Command::AskToCancel).await),
        Some(&Verdict::Already),
        "asking twice is asking once"
    );
    assert!(shop.load(id).await.cancel_requested);
    assert_eq!(verdict(&shop.apply(id, Command::Confirm).await), Some(&Verdict::Refused));
    shop.tells(id, Command::Cancel, EventName::OrderCancelled).await;
    assert_eq!(verdict(&shop.apply(id, Command::AskToCancel).await), Some(&Verdict::Already));
}

#[tokio::test]
async fn no_money_is_asked_for_once_a_request_to_cancel_is_noted() {
    let (shop, id) = Shop::with_an_order().await;
    shop.change(id, [Command::AskToCancel]).await;
    assert_eq!(verdict(&shop.apply(id, Command::AskForPayment).await), Some(&Verdict::Refused));
    assert_eq!(shop.load(id).await.payment, None);
}

#[tokio::test]
async fn a_request_to_cancel_a_confirmed_order_is_noted_and_a_refused_or_missing_one_is_not() {
    let (shop, id) = Shop::with_an_order().await;
    shop.confirm(id).await;
    assert!(is_changed(&shop.apply(id, Command::AskToCancel).await));
    assert!(shop.load(id).await.cancel_requested);
    let refused = shop.reserve(&[&[("NONE", 1)]]).await[0];
    assert_eq!(verdict(&shop.apply(refused, Command::AskToCancel).await), Some(&Verdict::Refused));
    assert!(!shop.load(refused).await.cancel_requested);
    assert!(matches!(shop.apply(shop.order(&[]).id, Command::AskToCancel).await, Applied::Missing));
}
