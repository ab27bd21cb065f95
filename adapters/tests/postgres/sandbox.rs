//! The sandbox provider: each token behaves as it says, and a key takes the money once.

use super::shop::{Shop, eventually};
use adapters::sandbox::Sandbox;
use futures_util::{future::join_all, poll};
use schemas::{ids::OrderId, money::Amount};
use std::{pin::pin, sync::atomic::Ordering};
use uuid::Uuid;
use workflows::{
    lifecycle::payment_key_prefix,
    ports::{Authorization, AuthorizationRequest, BookEntry, PaymentProvider, ProviderError},
};

const ORDER: OrderId = OrderId(Uuid::from_u128(7));

async fn sandbox() -> Sandbox {
    Sandbox::new(Shop::empty().await.database)
}

fn ask(key: &str, method: &str) -> AuthorizationRequest {
    let amount = Amount { amount: 1_234, currency: "EUR".parse().unwrap() };
    AuthorizationRequest { key: key.into(), order: ORDER, amount, method: method.into() }
}

/// All entries.
async fn books(sandbox: &Sandbox) -> Vec<BookEntry> {
    sandbox.books(OrderId(Uuid::nil()), OrderId(Uuid::max()), 1_000).await.unwrap()
}

fn is_held(answer: Option<&Authorization>) -> bool {
    matches!(answer, Some(Authorization::Authorized { .. }))
}

#[tokio::test]
async fn tokens_are_answered_as_they_say() {
    let sandbox = sandbox().await;
    for method in ["pm_card_visa", "pm_card_mastercard", "pm_card_amex"] {
        let answer = sandbox.authorize(ask(method, method)).await.unwrap();
        assert!(is_held(Some(&answer)), "{method}");
        assert_eq!(sandbox.find(method).await.unwrap(), Some(answer));
    }
    let refusals = [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_nobody_issued_this", "resource_missing"),
    ];
    for (method, code) in refusals {
        let refusal = Authorization::Declined { code: code.into() };
        assert_eq!(sandbox.authorize(ask(method, method)).await.unwrap(), refusal);
        assert_eq!(sandbox.find(method).await.unwrap(), Some(refusal));
    }
    assert_eq!(sandbox.find("never used").await.unwrap(), None);
}

/// An installation that ships goods takes no money that nobody has.
#[tokio::test]
async fn where_money_is_real_no_test_token_is_money() {
    let sandbox = sandbox().await.where_money_is_real();
    let tokens = [
        "pm_card_visa",
        "pm_card_mastercard",
        "pm_card_amex",
        "pm_card_chargeDeclined",
        "pm_sandbox_slow",
        "pm_sandbox_flaky",
        "pm_sandbox_timeout_charged",
        "pm_sandbox_timeout_lost",
    ];
    for method in tokens {
        let refusal = Authorization::Declined { code: "livemode_mismatch".into() };
        assert_eq!(sandbox.authorize(ask(method, method)).await.unwrap(), refusal, "{method}");
        assert_eq!(sandbox.find(method).await.unwrap(), Some(refusal), "{method}");
    }
    let unknown = sandbox.authorize(ask("k", "pm_nobody_issued_this")).await.unwrap();
    assert_eq!(unknown, Authorization::Declined { code: "resource_missing".into() });
    assert!(
        sandbox
            .books(OrderId(Uuid::nil()), OrderId(Uuid::max()), 100)
            .await
            .unwrap()
            .iter()
            .all(|entry| !entry.holds_money)
    );
}

#[tokio::test]
async fn racers_with_one_key_charge_once() {
    let sandbox = sandbox().await;
    let answers = join_all((0..20).map(|_| sandbox.authorize(ask("k", "pm_card_visa")))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.is_ok()), "{answers:?}");
    assert_eq!(sandbox.authorize(ask("k", "pm_card_visa")).await, answers[0]);
    assert_eq!(books(&sandbox).await.len(), 1);
}

#[tokio::test]
async fn what_was_decided_under_a_key_stands_whatever_is_asked_later() {
    let sandbox = sandbox().await;
    let refused = sandbox.authorize(ask("k", "pm_card_chargeDeclined")).await.unwrap();
    assert_eq!(sandbox.authorize(ask("k", "pm_card_visa")).await.unwrap(), refused);
}

#[tokio::test]
async fn a_flaky_token_fails_twice_and_then_works() {
    let sandbox = sandbox().await;
    for _ in 0..2 {
        let error = sandbox.authorize(ask("k", "pm_sandbox_flaky")).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unavailable(_)));
        assert_eq!(sandbox.find("k").await.unwrap(), None, "it said that it did nothing");
        assert!(books(&sandbox).await.iter().all(|entry| !entry.holds_money));
    }
    let answer = sandbox.authorize(ask("k", "pm_sandbox_flaky")).await.unwrap();
    assert!(is_held(Some(&answer)));
    assert_eq!(sandbox.authorize(ask("k", "pm_sandbox_flaky")).await.unwrap(), answer);
}

#[tokio::test]
async fn a_voided_key_takes_no_money_any_more_not_even_for_a_request_still_on_its_way() {
    let sandbox = sandbox().await;
    sandbox.authorize(ask("held", "pm_card_visa")).await.unwrap();
    for key in ["held", "unknown"] {
        sandbox.void(key).await.unwrap();
        sandbox.void(key).await.unwrap();
        assert_eq!(sandbox.find(key).await.unwrap(), Some(Authorization::Voided));
        assert_eq!(sandbox.authorize(ask(key, "pm_card_visa")).await.unwrap(), Authorization::Voided);
    }
    assert!(books(&sandbox).await.iter().all(|entry| !entry.holds_money));
}

#[tokio::test]
async fn voiding_a_refused_key_leaves_the_refusal() {
    let sandbox = sandbox().await;
    let refused = sandbox.authorize(ask("k", "pm_card_chargeDeclined")).await.unwrap();
    sandbox.void("k").await.unwrap();
    assert_eq!(sandbox.find("k").await.unwrap(), Some(refused));
}

#[tokio::test]
async fn a_flaky_key_that_was_voided_stays_voided() {
    let sandbox = sandbox().await;
    sandbox.authorize(ask("k", "pm_sandbox_flaky")).await.unwrap_err();
    sandbox.void("k").await.unwrap();
    for _ in 0..3 {
        assert_eq!(sandbox.authorize(ask("k", "pm_sandbox_flaky")).await.unwrap(), Authorization::Voided);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_undo_what_was_decided() {
    let sandbox = sandbox().await;
    for method in ["pm_sandbox_timeout_charged", "pm_card_visa"] {
        {
            let mut call = pin!(sandbox.authorize(ask(method, method)));
            assert!(poll!(call.as_mut()).is_pending());
        }
        let found = eventually("the decision", async || sandbox.find(method).await.unwrap()).await;
        assert!(is_held(Some(&found)), "{method}");
    }
}

#[tokio::test]
async fn a_lost_request_leaves_nothing_in_the_books() {
    let sandbox = sandbox().await;
    let mut lost = pin!(sandbox.authorize(ask("lost", "pm_sandbox_timeout_lost")));
    assert!(poll!(lost.as_mut()).is_pending());
    // Whatever it might have asked for would be done before these.
    for key in ["one", "two", "three"] {
        sandbox.authorize(ask(key, "pm_card_visa")).await.unwrap();
    }
    assert_eq!(sandbox.find("lost").await.unwrap(), None);
    assert_eq!(books(&sandbox).await.len(), 3);
}

#[tokio::test]
async fn time_outs_are_in_doubt_and_a_slow_answer_is_an_answer() {
    let sandbox = sandbox().await;
    let methods = ["pm_sandbox_timeout_charged", "pm_sandbox_timeout_lost", "pm_sandbox_slow"];
    let answers = join_all(methods.map(|method| sandbox.authorize(ask(method, method)))).await;
    assert_eq!(answers[..2], [Err(ProviderError::InDoubt), Err(ProviderError::InDoubt)]);
    assert!(is_held(answers[2].as_ref().ok()));
    assert!(is_held(sandbox.find(methods[0]).await.unwrap().as_ref()));
    assert_eq!(sandbox.find(methods[1]).await.unwrap(), None);
}

#[tokio::test]
async fn the_books_say_for_whom_how_much_and_whether_it_is_held() {
    let sandbox = sandbox().await;
    let Authorization::Authorized { id } = sandbox.authorize(ask("held", "pm_card_visa")).await.unwrap() else {
        panic!("it is held");
    };
    sandbox.authorize(ask("refused", "pm_card_chargeDeclined")).await.unwrap();
    sandbox.authorize(ask("let go", "pm_card_visa")).await.unwrap();
    sandbox.void("let go").await.unwrap();
    sandbox.void("never used").await.unwrap();
    let mut books = books(&sandbox).await;
    books.sort_by(|a, b| a.key.cmp(&b.key));
    let expected = BookEntry {
        key: "held".into(),
        id,
        reference: ORDER.to_string(),
        amount: 1_234,
        currency: "EUR".into(),
        holds_money: true,
    };
    assert_eq!(books[0], expected);
    let held: Vec<_> = books.iter().map(|entry| (entry.key.as_str(), entry.holds_money)).collect();
    assert_eq!(held, [("held", true), ("let go", false), ("refused", false)]);
}

#[tokio::test]
async fn during_an_outage_nothing_is_taken_and_afterwards_all_works() {
    let sandbox = sandbox().await;
    let down = sandbox.outage();
    down.store(true, Ordering::SeqCst);
    let away = |error: ProviderError| matches!(error, ProviderError::Unavailable(_));
    assert!(away(sandbox.authorize(ask("k", "pm_card_visa")).await.unwrap_err()));
    assert!(away(sandbox.find("k").await.unwrap_err()));
    assert!(away(sandbox.void("k").await.unwrap_err()));
    down.store(false, Ordering::SeqCst);
    assert_eq!(sandbox.find("k").await.unwrap(), None);
    assert!(is_held(sandbox.authorize(ask("k", "pm_card_visa")).await.ok().as_ref()));
}

#[tokio::test]
async fn ranges_of_orders_that_leave_none_out_have_every_entry_once() {
    let sandbox = sandbox().await;
    let order = |number: u128| OrderId(Uuid::from_u128(number));
    let key = |number: u128| format!("{}-authorize-1", payment_key_prefix(order(number)));
    let mut made = vec!["a stranger's".to_owned(), "zzz".to_owned()];
    made.extend([1, 2, 3, u128::MAX].map(key));
    for key in &made {
        sandbox.authorize(ask(key, "pm_card_visa")).await.unwrap();
    }
    let between = async |first, last, limit| -> Vec<String> {
        let entries = sandbox.books(order(first), order(last), limit).await.unwrap();
        entries.into_iter().map(|entry| entry.key).collect()
    };
    assert_eq!(between(2, 2, 9).await, [key(2)]);
    let mut found = between(0, 1, 9).await;
    found.extend(between(2, 2, 9).await);
    found.extend(between(3, u128::MAX, 9).await);
    found.sort();
    made.sort();
    assert_eq!(found, made);
    assert_eq!(between(0, u128::MAX, 4).await.len(), 4);
}
