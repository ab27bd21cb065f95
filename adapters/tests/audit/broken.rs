//! Every promise, broken by hand in a fresh shop. A case says what is done, and which lines must fail, each with a word
//! that names the row. Where a constraint protects the promise it is dropped first: the audit must not rely on it.

use super::shop::Shop;
use adapters::audit::Report;
use std::collections::BTreeSet;

async fn broken_by(statements: &str, expected: &[(&str, &str)]) {
    let shop = Shop::open().await;
    shop.run(statements).await;
    let report = shop.audit().await;
    // The same in small slices.
    let failing = |report: &Report| -> BTreeSet<String> {
        report.lines.iter().filter(|line| line.violations > 0).map(|line| line.name.clone()).collect()
    };
    assert_eq!(failing(&shop.audit_in_slices(3, false).await), failing(&report));
    let failed: Vec<&str> = report.lines.iter().filter(|line| line.violations > 0).map(|l| l.name.as_str()).collect();
    let mut wanted: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    wanted.sort_unstable_by_key(|name| report.lines.iter().position(|line| line.name == *name));
    assert_eq!(failed, wanted, "{report}");
    for (name, word) in expected {
        let line = report.lines.iter().find(|line| line.name == *name).unwrap();
        let (text, word) = (line.to_string(), shop.with_ids(word));
        assert!(text.starts_with(&format!("FAIL  {name} ")) && text.contains(&word), "no word of {word}: {text}");
        assert_eq!(u64::try_from(line.examples.len()).unwrap(), line.violations.min(20));
    }
}

macro_rules! cases {
    ($($name:ident: $statements:literal => $($line:ident $word:literal),+;)+) => {
        $(#[tokio::test]
        async fn $name() {
            broken_by($statements, &[$((stringify!($line), $word)),+]).await;
        })+

        /// The lines that these break.
        const BROKEN: &[&str] = &[$($(stringify!($line)),+),+];
    };
}

#[tokio::test]
async fn every_line_is_broken_by_a_case() {
    let report = Shop::open().await.audit().await;
    let lines: BTreeSet<&str> = report.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(lines, BROKEN.iter().copied().collect());
}

cases! {
    a_product_of_a_currency_that_is_none:
        "update products set currency = 'DEM' where sku = 'RARE'" => readable_products "RARE";
    a_product_of_a_tax_category_that_nobody_knows:
        "update products set tax_category = 'reduced' where sku = 'TEA'" => readable_products "TEA";
    a_unit_promised_twice:
        "alter table stock drop constraint nothing_oversold; update stock set shipped = received where sku = 'CUP'"
        => stock_balances "CUP";
    a_balance_below_zero:
        "alter table stock drop constraint stock_shipped_check; update stock set shipped = -1 where sku = 'RARE'"
        => stock_balances "RARE";
    free_units_that_are_not_what_is_left:
        "alter table stock alter column free drop expression; update stock set free = free + 1 where sku = 'TEA'"
        => stock_balances "TEA";
    units_on_hand_that_are_not_what_came_and_went:
        "alter table stock alter column on_hand drop expression; update stock set on_hand = 3 where sku = 'TEA'"
        => stock_balances "TEA";
    units_reserved_for_nobody:
        "update stock set reserved = reserved + 1 where sku = 'TEA'" => stock_reservations "TEA";
    units_sold_to_others_while_an_order_holds_them:
        "update stock set reserved = reserved - 1 where sku = 'CUP'" => stock_reservations "CUP";
    units_of_a_refused_order_that_were_not_given_back:
        "update stock set reserved = reserved + 7 where sku = 'CUP'" => stock_reservations "CUP";
    a_held_line_without_a_warehouse:
        "update orders set lines = lines #- '{1,warehouse}' where id = '{paid}'"
        => stock_reservations "CUP", warehouse_notices "{paid}";
    units_that_came_without_a_receipt:
        "update stock set received = received + 1 where sku = 'TEA'" => stock_receipts "TEA";
    a_receipt_of_units_that_are_nowhere:
        "insert into stock_receipts values (gen_random_uuid(), 'RARE', 'elsewhere', 4, 'hand', now())"
        => stock_receipts "elsewhere";
    an_accepted_order_that_was_lost:
        "insert into submissions values ('00000000-0000-7000-8000-000000000001', 'zoe', 'lost', '', '{}', now())"
        => accepted_orders "00000000-0000-7000-8000-000000000001";
    an_accepted_order_whose_only_message_is_another_step_s:
        "insert into submissions values ('00000000-0000-7000-8000-000000000001', 'zoe', 'lost', '', '{}', now());
         insert into messages (queue, subject, body) values ('index', '00000000-0000-7000-8000-000000000001', '{}')"
        => accepted_orders "00000000-0000-7000-8000-000000000001";
    a_reservation_that_nobody_ends:
        "update orders set reserved_until = now() - interval '1 hour' where id = '{open}';
         update executions set status = 'failed' where id = '{open}'"
        => unfinished_orders "{open}";
    a_reservation_without_an_end:
        "update orders set reserved_until = null, status = 'in_review' where id = '{open}';
         update order_search set status = 'in_review' where order_id = '{open}';
         update executions set status = 'succeeded' where id = '{open}'"
        => unfinished_orders "{open}", readable_orders "column status of order {open}";
    an_order_that_cannot_be_read:
        "update orders set shipping_address = shipping_address - 'city' where id = '{dearer}'"
        => readable_orders "column shipping_address of order {dearer}";
    a_forgotten_cancellation:
        "update orders set cancel_requested_at = now() - interval '1 hour' where id = '{paid}'"
        => unfinished_orders "{paid}";
    a_reserved_order_without_an_execution:
        "delete from executions where id = '{open}';
         update orders set updated_at = now() - interval '1 hour' where id = '{open}'"
        => executions "{open}";
    a_confirmed_order_without_an_execution:
        "delete from executions where id = '{paid}'" => executions "{paid}";
    an_execution_of_an_order_that_was_refused_at_once:
        "insert into executions (id, workflow, status, state, started_at)
         values ('{unknown}', 'checkout', 'succeeded', '{}', now())"
        => executions "{unknown}";
    a_message_that_is_tried_again_and_again:
        "insert into messages (queue, subject, body, sent_at, last_error)
         values ('index', '{open}', '{}', now() - interval '1 hour', 'search.index_orders failed')"
        => waiting_messages "{open}";
    a_message_that_nobody_takes_in_hand:
        "insert into messages (queue, subject, body, visible_at)
         values ('index', '{open}', '{}', now() - interval '61 minutes'), ('index', '{paid}', '{}', now())"
        => waiting_messages "{open}";
    a_message_that_is_due_since_ever:
        "insert into messages (queue, subject, body, sent_at, visible_at)
         values ('dispatch', '{open}', '{}', 'infinity', '-infinity')"
        => waiting_messages "nobody takes it in hand";
    a_message_on_a_queue_that_nobody_reads:
        "insert into messages (queue, subject, body, visible_at)
         values ('indices', '{open}', '{}', now() - interval '10 minutes')"
        => waiting_messages "nobody reads that queue";
    an_execution_of_no_order:
        "insert into executions (id, workflow, status, state, started_at)
         values ('00000000-0000-7000-8000-000000000001', 'checkout', 'running', '{}', now())"
        => executions "00000000-0000-7000-8000-000000000001";
    two_executions_of_one_order:
        "alter table executions drop constraint executions_pkey; insert into executions select * from executions"
        => executions "{second}";
    an_execution_in_a_hand_that_does_not_move_it:
        "update executions set instance = 1, leased_until = null, wake_at = null, started_at = now() - interval '1 hour'
         where id = '{open}'"
        => leases "{open}";
    an_execution_whose_lease_is_renewed_by_a_process_that_does_not_move_it:
        "update executions set instance = 1, leased_until = now() + interval '20 seconds',
             wake_at = now() - interval '1 hour', started_at = now() - interval '2 hours'
         where id = '{open}';
         insert into execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input)
         values ('{open}', 1, 1, 'Begin', now() - interval '2 hours', now() - interval '1 hour', '{}')"
        => leases "{open}";
    an_execution_whose_lease_ended_long_ago:
        "update executions set instance = 1, leased_until = now() - interval '1 hour', wake_at = null
         where id = '{open}'"
        => leases "{open}";
    an_execution_that_is_due_and_that_nobody_takes_in_hand:
        "update executions set wake_at = now() - interval '1 hour' where id = '{open}'" => leases "{open}";
    a_message_whose_lease_ended_long_ago:
        "insert into messages (queue, subject, body, instance, visible_at)
         values ('index', '{paid}', '{}', 1, now() - interval '1 hour')"
        => leases "index";
    an_execution_that_waits_for_an_hour:
        "update executions set wake_at = now() + interval '1 hour' where id = '{open}'" => waits "{open}";
    an_execution_in_hand_for_an_hour:
        "update executions set instance = 1, leased_until = now() + interval '1 hour', wake_at = null
         where id = '{open}'"
        => waits "{open}";
    a_message_that_waits_for_an_hour:
        "insert into messages (queue, subject, body, visible_at)
         values ('index', '{paid}', '{}', now() + interval '1 hour')"
        => waits "index";
    a_message_in_hand_for_an_hour:
        "insert into messages (queue, subject, body, instance, visible_at)
         values ('void', '{paid}', '{}', 1, now() + interval '1 hour')"
        => waits "void";
    an_order_without_its_first_event:
        "delete from order_events where order_id = '{paid}' and sequence = 1" => event_sequences "{paid}";
    a_gap_between_events:
        "update order_events set sequence = 9 where order_id = '{paid}' and name = 'InvoiceIssued';
         update orders set version = 9 where id = '{paid}';
         update order_search set version = 9 where order_id = '{paid}'"
        => event_sequences "{paid}";
    two_events_of_one_number:
        "alter table order_events drop constraint order_events_pkey;
         insert into order_events values ('{unknown}', 1, 'StockChanged', now(), '{}')"
        => event_sequences "{unknown}";
    a_version_that_no_event_has:
        "update orders set version = version + 1 where id = '{second}'" => event_sequences "{second}";
    an_order_without_events:
        "delete from order_events where order_id = '{open}'" => event_sequences "{open}", executions "{open}";
    events_of_no_order:
        "alter table order_events drop constraint order_events_order_id_fkey;
         insert into order_events values ('00000000-0000-7000-8000-000000000001', 1, 'OrderSubmitted', now(), '{}')"
        => event_sequences "00000000-0000-7000-8000-000000000001";
    an_order_that_begins_with_another_event:
        "update order_events set name = 'StockChanged' where order_id = '{scarce}' and sequence = 1"
        => event_sequences "{scarce}";
    an_order_confirmed_twice:
        "insert into order_events values ('{paid}', 6, 'OrderConfirmed', now(), '{}');
         update orders set version = 6 where id = '{paid}';
         update order_search set version = 6 where order_id = '{paid}'"
        => order_effects "{paid}", warehouse_notices "{paid}";
    a_cancelled_order_that_is_reserved_again:
        "update orders set status = 'reserved', reserved_until = now() + interval '1 hour' where id = '{cancelled}';
         update order_search set status = 'reserved' where order_id = '{cancelled}';
         update stock set reserved = reserved + 4 where sku = 'TEA'"
        => order_effects "{cancelled}";
    a_cancellation_that_no_event_tells:
        "update order_events set name = 'StockChanged' where order_id = '{cancelled}' and name = 'OrderCancelled'"
        => order_effects "{cancelled}", closed_stock "{cancelled}", warehouse_notices "{cancelled}";
    a_refusal_for_another_reason_than_was_told:
        "update orders set reason = 'out_of_stock' where id = '{unknown}'" => order_effects "{unknown}";
    a_payment_that_no_event_tells:
        "update order_events set name = 'StockChanged' where order_id = '{paid}' and name = 'PaymentAuthorized'"
        => order_effects "{paid}";
    a_buyer_who_paid_and_was_refused_by_the_clock:
        "insert into order_events values ('{expired}', 4, 'PaymentAuthorized', now(), '{}');
         update orders set version = 4 where id = '{expired}';
         update order_search set version = 4 where order_id = '{expired}'"
        => order_effects "although its money was held";
    an_invoice_that_no_event_tells:
        "update order_events set name = 'StockChanged' where order_id = '{paid}' and name = 'InvoiceIssued'"
        => order_effects "{paid}";
    a_refused_order_that_names_a_warehouse:
        r#"update orders set lines = jsonb_set(lines, '{0,warehouse}', '"main"') where id = '{scarce}'"#
        => closed_stock "{scarce}";
    a_cancelled_order_that_says_it_held_nothing:
        r#"update order_events set data = data || '{"reserved": false}'
           where order_id = '{cancelled}' and name = 'OrderCancelled'"#
        => closed_stock "{cancelled}";
    a_total_that_is_not_net_and_tax:
        "update orders set total = total + 1 where id = '{dearer}'" => order_totals "{dearer}";
    a_tax_that_is_off_by_one:
        "update orders set tax = tax + 1, total = total + 1 where id = '{dearer}'" => order_totals "{dearer}";
    a_net_that_its_lines_do_not_have:
        "update orders set lines = jsonb_set(lines, '{0,unit_price}', '2000') where id = '{dearer}'"
        => order_totals "{dearer}";
    an_order_that_was_promised_without_a_price:
        "update orders set net = null, tax = null, total = null where id = '{open}'"
        => order_totals "{open}", paid_orders "{open}";
    a_confirmed_order_that_is_not_paid:
        "update payments set state = 'pending' where order_id = '{paid}'"
        => paid_orders "{paid}", order_effects "{paid}";
    a_confirmed_order_that_never_had_a_payment:
        "delete from payments where order_id = '{paid}'"
        => paid_orders "{paid}", order_effects "{paid}", book_entries "{paid}";
    a_payment_of_another_amount:
        "update payments set amount = amount - 1 where order_id = '{paid}'"
        => paid_orders "{paid}", book_entries "{paid}", held_authorizations "{paid}";
    a_refused_order_that_holds_money_by_the_ledger:
        "update payments set state = 'pending' where order_id = '{expired}'" => closed_payments "{expired}";
    money_that_no_order_asked_for:
        "insert into sandbox.payment_intents values ('other', 'pi_other', '{paid}', 5, 'EUR', 'declined')"
        => book_entries "pi_other";
    money_held_twice_for_one_order:
        "alter table payments drop constraint payments_pkey;
         insert into payments select order_id, 'again', 'pending', amount, currency, 'pi_again', null, 1, now(), now()
         from payments where order_id = '{open}';
         insert into sandbox.payment_intents
         select key, 'pi_' || key, order_id, amount, currency, 'authorized' from payments where order_id = '{open}'"
        => book_entries "{open}";
    money_that_belongs_to_another_order:
        "update sandbox.payment_intents set reference = '{second}' where reference = '{declined}'"
        => book_entries "{second}";
    money_in_another_currency:
        "update sandbox.payment_intents set currency = 'USD' where reference = '{paid}'"
        => book_entries "{paid}", held_authorizations "{paid}";
    an_authorization_that_two_orders_claim:
        "alter table payments drop constraint payments_key_key, drop constraint payments_authorization_id_key;
         update payments p set key = q.key, authorization_id = q.authorization_id from payments q
         where p.order_id = '{second}' and q.order_id = '{paid}'"
        => book_entries "{paid}", held_authorizations "{second}";
    money_kept_for_a_cancelled_order:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}'"
        => released_money "{cancelled}";
    money_taken_after_it_was_declined:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{declined}'"
        => released_money "{declined}";
    money_that_nobody_is_about_to_let_go:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}';
         update payments set state = 'authorized' where order_id = '{cancelled}'"
        => released_money "{cancelled}", closed_payments "{cancelled}";
    money_whose_message_was_set_aside:
        "update sandbox.payment_intents set state = 'authorized' where reference = '{cancelled}';
         update payments set state = 'authorized' where order_id = '{cancelled}';
         update orders set updated_at = now() where id = '{cancelled}';
         insert into messages (queue, subject, body) values ('void-dlq', '{cancelled}', '{}')"
        => released_money "what would let it go was set aside", closed_payments "what would let it go was set aside";
    a_payment_that_may_be_held_whose_message_was_set_aside:
        "update payments set state = 'pending' where order_id = '{expired}';
         insert into messages (queue, subject, body) values ('void-dlq', '{expired}', '{}')"
        => closed_payments "what would let it go was set aside";
    money_that_the_provider_does_not_know:
        "delete from sandbox.payment_intents where reference = '{paid}'" => held_authorizations "{paid}";
    money_let_go_for_an_order_that_stands:
        "update sandbox.payment_intents set state = 'canceled' where reference = '{paid}'"
        => held_authorizations "{paid}";
    money_held_under_another_id:
        "update payments set authorization_id = 'pi_other' where order_id = '{paid}'" => held_authorizations "{paid}";
    a_confirmed_order_that_nobody_invoices:
        "update orders set updated_at = now() - interval '1 hour' where id = '{fresh}'" => invoices_issued "{fresh}";
    two_invoices_of_one_order:
        "alter table invoices drop constraint invoices_pkey; update invoice_series set last = last + 1;
         insert into invoices select order_id, series, year, 3, issued_on, stored_at from invoices where number = 1"
        => invoices_issued "several invoices";
    an_invoice_of_a_refused_order:
        "update invoice_series set last = last + 1;
         insert into invoices select '{declined}', series, year, 3, issued_on, null from invoices where number = 1"
        => invoices_issued "{declined}";
    an_invoice_that_is_not_stored:
        "update invoices set stored_at = null where order_id = '{paid}'" => invoices_issued "{paid}";
    a_number_that_nobody_has:
        "update invoice_series set last = last + 1" => invoice_numbers "number 3";
    a_gap_between_numbers:
        "update invoice_series set last = last + 1; update invoices set number = 3 where number = 2"
        => invoice_numbers "number 2";
    a_number_noted_as_lost_that_somebody_has:
        "insert into lost_invoices select series, year, number from invoices where number = 1"
        => invoice_numbers "noted as lost";
    a_number_that_was_never_given:
        "update invoices set number = 3 where number = 2" => invoice_numbers "number 3";
    a_number_given_twice:
        "alter table invoices drop constraint invoices_series_year_number_key; update invoices set number = 1"
        => invoice_numbers "{second}";
    an_order_that_search_does_not_show:
        "delete from order_search where order_id = '{paid}'" => search_index "{paid}";
    an_order_that_search_shows_in_another_status:
        "update order_search set status = 'confirmed' where order_id = '{cancelled}'" => search_index "{cancelled}";
    an_order_that_search_shows_as_it_was:
        "update order_search set version = 1 where order_id = '{paid}'" => search_index "{paid}";
    an_order_that_is_found_by_another_s_words:
        "update order_search set words = '''0:ann''' where order_id = '{paid}'"
        => search_index "{paid}";
    an_order_that_only_search_knows:
        "insert into order_search values ('00000000-0000-7000-8000-000000000001', 1, 'confirmed', '')"
        => search_index "00000000-0000-7000-8000-000000000001";
    a_warehouse_that_was_not_told_of_its_part:
        "delete from warehouse_feed where order_id = '{paid}' and warehouse = 'north'" => warehouse_notices "{paid}";
    a_cancellation_that_its_warehouse_was_not_told:
        "delete from warehouse_feed where order_id = '{cancelled}' and event ->> 'type' = 'sluice.OrderCancelled.v1'"
        => warehouse_notices "name OrderCancelled";
    a_warehouse_that_was_told_twice:
        "alter table warehouse_feed drop constraint warehouse_feed_order_id_sequence_warehouse_key;
         insert into warehouse_feed (warehouse, order_id, sequence, event)
         select warehouse, order_id, sequence, event from warehouse_feed where order_id = '{second}'"
        => warehouse_notices "it was told twice";
    a_confirmation_that_was_told_after_the_cancellation:
        "update warehouse_feed set position = default
         where order_id = '{cancelled}' and event ->> 'type' = 'sluice.OrderConfirmed.v1'"
        => warehouse_notices "it was told after what happened later";
    a_warehouse_that_was_told_of_an_order_that_is_not_confirmed:
        "insert into warehouse_feed (warehouse, order_id, sequence, event) values ('main', '{open}', 3, '{}')"
        => warehouse_notices "{open}";
    a_warehouse_that_was_told_of_what_others_hold:
        "insert into warehouse_feed (warehouse, order_id, sequence, event)
         select 'south', order_id, sequence, event from warehouse_feed where order_id = '{second}'"
        => warehouse_notices "warehouse south";
    a_warehouse_that_was_told_another_quantity:
        "update warehouse_feed set event = jsonb_set(event, '{data,lines,0,quantity}', '9') where order_id = '{fresh}'"
        => warehouse_notices "{fresh}";
    a_warehouse_that_was_told_another_address:
        r#"update warehouse_feed set event = jsonb_set(event, '{data,ship_to,city}', '"Town"')
           where order_id = '{fresh}'"#
        => warehouse_notices "{fresh}";
    a_warehouse_that_was_told_another_fact:
        r#"update warehouse_feed set event = event || '{"type": "sluice.OrderShipped.v1"}' where order_id = '{fresh}'"#
        => warehouse_notices "{fresh}";
}
