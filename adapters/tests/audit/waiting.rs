//! What is on its way is counted and is no violation. Without whoever it waits for, each case would be one: that is what
//! the cases in `broken` show.

use super::shop::Shop;

async fn waits_after(statements: &str, expected: &[(&str, u64)]) {
    let shop = Shop::open().await;
    shop.run(statements).await;
    let report = shop.audit().await;
    assert!(report.is_clean(), "{report}");
    for (name, count) in expected {
        let line = report.lines.iter().find(|line| line.name == *name).unwrap();
        assert_eq!(line.waiting, Some(*count), "{name}");
    }
}

macro_rules! cases {
    ($($name:ident: $statements:literal => $($line:ident $count:literal),+;)+) => {
        $(#[tokio::test]
        async fn $name() {
            waits_after($statements, &[$((stringify!($line), $count)),+]).await;
        })+
    };
}

cases! {
    an_accepted_order_on_its_way_in:
        "insert into submissions values ('00000000-0000-7000-8000-000000000001', 'zoe', 'new', '', '{}', now());
         insert into messages (queue, subject, body) values ('intake', '00000000-0000-7000-8000-000000000001', '{}')"
        => accepted_orders 1;
    an_accepted_order_in_the_second_lane:
        "insert into submissions values ('00000000-0000-7000-8000-000000000001', 'zoe', 'new', '', '{}', now());
         insert into messages (queue, subject, body)
         values ('intake-bulk', '00000000-0000-7000-8000-000000000001', '{}')"
        => accepted_orders 1;
    an_accepted_order_that_was_set_aside:
        "insert into submissions values ('00000000-0000-7000-8000-000000000001', 'zoe', 'new', '', '{}', now());
         insert into messages (queue, subject, body)
         values ('intake-dlq', '00000000-0000-7000-8000-000000000001', '{}')"
        => accepted_orders 1;
    a_reservation_past_its_time_with_a_running_execution:
        "update orders set reserved_until = now() - interval '1 hour' where id = '{open}'" => unfinished_orders 1;
    an_execution_that_began_long_ago_and_was_taken_in_hand_just_now:
        "update executions set instance = 1, leased_until = now() + interval '20 seconds', wake_at = now(),
             started_at = now() - interval '2 hours'
         where id = '{open}'"
        => unfinished_orders 1;
    an_execution_in_hand_since_long_ago_that_left_a_state_just_now:
        "update executions set instance = 1, leased_until = now() + interval '20 seconds',
             wake_at = now() - interval '1 hour', started_at = now() - interval '2 hours'
         where id = '{open}';
         insert into execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input)
         values ('{open}', 1, 1, 'Begin', now() - interval '2 hours', now() - interval '1 minute', '{}')"
        => unfinished_orders 1;
    a_reservation_that_is_about_to_expire:
        "update orders set reserved_until = now() - interval '1 minute' where id = '{open}';
         update executions set status = 'failed' where id = '{open}'"
        => unfinished_orders 1;
    a_reservation_past_its_time_that_the_sweep_cares_for:
        "update orders set reserved_until = now() - interval '1 hour' where id = '{open}';
         update executions set status = 'failed' where id = '{open}';
         insert into sweeps values ('{open}', 'unattended', 3, now())"
        => unfinished_orders 1;
    a_cancellation_that_was_set_aside:
        "update orders set cancel_requested_at = now() - interval '1 hour' where id = '{paid}';
         insert into messages (queue, subject, body) values ('cancel-dlq', '{paid}', '{}')"
        => unfinished_orders 2;
    a_reserved_order_whose_execution_is_about_to_start:
        "delete from executions where id = '{open}';
         update orders set updated_at = now() - interval '1 hour' where id = '{open}';
         insert into messages (queue, subject, body) values ('intake', '{open}', '{}')"
        => executions 1;
    a_payment_that_is_given_up:
        "update payments set state = 'authorized', authorization_id = 'pi_late' where order_id = '{open}';
         insert into sandbox.payment_intents
         select key, 'pi_late', order_id, amount, currency, 'canceled' from payments where order_id = '{open}';
         insert into order_events values ('{open}', 3, 'PaymentAuthorized', now(), '{}');
         update orders set version = 3 where id = '{open}'"
        => held_authorizations 1;
    money_that_a_message_is_about_to_let_go:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}';
         update payments set state = 'authorized' where order_id = '{cancelled}';
         insert into messages (queue, subject, body) values ('void', '{cancelled}', '{}')"
        => released_money 1, closed_payments 1;
    money_that_another_message_lets_go_than_the_one_set_aside:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}';
         update payments set state = 'authorized' where order_id = '{cancelled}';
         insert into messages (queue, subject, body)
         values ('void-dlq', '{cancelled}', '{}'), ('void', '{cancelled}', '{}')"
        => released_money 1, closed_payments 1;
    money_of_an_order_that_was_closed_just_now:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}';
         update payments set state = 'authorized' where order_id = '{cancelled}';
         update orders set updated_at = now() where id = '{cancelled}'"
        => released_money 1, closed_payments 1;
    money_let_go_that_the_ledger_is_about_to_note:
        "update payments set state = 'authorized' where order_id = '{cancelled}';
         insert into messages (queue, subject, body) values ('void', '{cancelled}', '{}')"
        => released_money 0, closed_payments 1, held_authorizations 0;
    an_invoice_that_was_set_aside:
        "update orders set updated_at = now() - interval '1 hour' where id = '{fresh}';
         insert into messages (queue, subject, body) values ('invoice-dlq', '{fresh}', '{}')"
        => invoices_issued 1;
    messages_that_did_not_work_at_once_or_had_no_turn_yet:
        "insert into messages (queue, subject, body, sent_at, last_error)
         values ('index', '{open}', '{}', now() - interval '1 minute', 'away'),
                ('index', '{open}', '{}', now() - interval '1 hour', null),
                ('index-dlq', '{open}', '{}', now() - interval '1 hour', 'away')"
        => waiting_messages 1;
    a_backlog_of_half_an_hour_and_a_message_of_a_later_release:
        "insert into messages (queue, subject, body, sent_at, visible_at, last_error)
         values ('index', '{open}', '{}', now() - interval '30 minutes', now() - interval '30 minutes', null),
                ('later', '{open}', '{}', now(), now(), 'not yet'),
                ('index-dlq', '{open}', '{}', now() - interval '1 day', now() - interval '1 day', 'away')"
        => waiting_messages 1;
    a_cancellation_that_waits_for_an_order_in_a_backlog:
        "insert into messages (queue, subject, body, sent_at, last_error)
         values ('cancel', '{open}', '{}', now() - interval '1 hour', 'not stored yet'),
                ('intake', '{open}', '{}', now() - interval '1 hour', null)"
        => waiting_messages 1;
    an_order_that_is_about_to_be_indexed:
        "delete from order_search where order_id in ('{paid}', '{second}');
         insert into messages (queue, subject, body) values ('index', '{paid}', '{}'), ('index-dlq', '{second}', '{}')"
        => search_index 2;
    an_order_that_its_warehouses_are_about_to_be_told_of:
        "delete from warehouse_feed where order_id in ('{paid}', '{second}');
         insert into messages (queue, subject, body)
         values ('dispatch', '{paid}', '{}'), ('dispatch-dlq', '{second}', '{}')"
        => warehouse_notices 3;
    an_order_that_was_confirmed_just_now:
        "delete from warehouse_feed where order_id = '{fresh}'" => warehouse_notices 1, invoices_issued 1;
}
