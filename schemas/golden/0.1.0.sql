-- A database as release 0.1.0 left it when it was killed with work of every kind in hand: what pg_dump says of it, without
-- owners, comments and settings. The keys of its submissions name its orders: the first eight have come to their ends, each of
-- the others was at another point of its way, and of one only the message was there. Made once, never changed.
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA sandbox;
CREATE FUNCTION public.wake_redriven() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('sluice', new.queue);
    return null;
end $$;
CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.dispatches (
    order_id uuid NOT NULL,
    told integer NOT NULL,
    CONSTRAINT dispatches_told_check CHECK ((told > 0))
);
CREATE TABLE public.execution_history (
    execution_id uuid NOT NULL,
    attempt integer NOT NULL,
    sequence integer NOT NULL,
    state text NOT NULL,
    entered_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    input jsonb NOT NULL,
    output jsonb,
    error text,
    cause text
);
CREATE TABLE public.executions (
    id uuid NOT NULL,
    workflow text NOT NULL,
    status text NOT NULL,
    state jsonb NOT NULL,
    version integer DEFAULT 0 NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    wake_at timestamp with time zone,
    instance bigint,
    output jsonb,
    error text,
    cause text,
    started_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone,
    CONSTRAINT executions_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02');
CREATE TABLE public.instances (
    id bigint NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.instances ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.instances_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.invoice_series (
    series text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    CONSTRAINT invoice_series_last_check CHECK ((last >= 0))
);
CREATE TABLE public.invoices (
    order_id uuid NOT NULL,
    series text NOT NULL,
    year integer NOT NULL,
    number integer NOT NULL,
    issued_on date NOT NULL,
    stored_at timestamp with time zone,
    seller jsonb,
    CONSTRAINT invoices_number_check CHECK ((number > 0))
);
CREATE TABLE public.messages (
    id bigint NOT NULL,
    queue text NOT NULL,
    subject uuid,
    body jsonb NOT NULL,
    visible_at timestamp with time zone DEFAULT now() NOT NULL,
    receive_count integer DEFAULT 0 NOT NULL,
    abandoned integer DEFAULT 0 NOT NULL,
    instance bigint,
    sent_at timestamp with time zone DEFAULT now() NOT NULL,
    last_error text
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.0', autovacuum_vacuum_threshold='20000');
ALTER TABLE public.messages ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.order_events (
    order_id uuid NOT NULL,
    sequence integer NOT NULL,
    name text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT order_events_sequence_check CHECK ((sequence > 0))
);
CREATE TABLE public.order_search (
    order_id uuid NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    document tsvector NOT NULL
);
CREATE TABLE public.orders (
    id uuid NOT NULL,
    customer text NOT NULL,
    status text NOT NULL,
    reason text,
    detail text,
    version integer NOT NULL,
    currency text NOT NULL,
    net bigint,
    tax bigint,
    total bigint,
    lines jsonb NOT NULL,
    email text NOT NULL,
    shipping_address jsonb NOT NULL,
    billing_address jsonb,
    payment_method text NOT NULL,
    reserved_until timestamp with time zone,
    cancel_requested_at timestamp with time zone,
    invoiced boolean DEFAULT false NOT NULL,
    traceparent text,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['reserved'::text, 'in_review'::text, 'confirmed'::text, 'shipped'::text, 'rejected'::text, 'cancelled'::text, 'refunded'::text]))),
    CONSTRAINT orders_version_check CHECK ((version > 0)),
    CONSTRAINT refused_for_a_reason CHECK (((status = 'rejected'::text) = (reason IS NOT NULL)))
)
WITH (fillfactor='70');
CREATE TABLE public.payments (
    order_id uuid NOT NULL,
    key text NOT NULL,
    state text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    authorization_id text,
    code text,
    calls integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT payments_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'authorized'::text, 'declined'::text, 'voided'::text])))
);
CREATE TABLE public.products (
    sku text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    price bigint NOT NULL,
    tax_rate_bp integer NOT NULL,
    trigrams text[] NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT products_price_check CHECK ((price >= 0)),
    CONSTRAINT products_tax_rate_bp_check CHECK (((tax_rate_bp >= 0) AND (tax_rate_bp <= 10000)))
);
CREATE TABLE public.stock (
    sku text NOT NULL,
    warehouse text NOT NULL,
    received bigint DEFAULT 0 NOT NULL,
    shipped bigint DEFAULT 0 NOT NULL,
    reserved bigint DEFAULT 0 NOT NULL,
    on_hand bigint GENERATED ALWAYS AS ((received - shipped)) STORED,
    free bigint GENERATED ALWAYS AS (((received - shipped) - reserved)) STORED,
    CONSTRAINT nothing_oversold CHECK ((((received - shipped) - reserved) >= 0)),
    CONSTRAINT stock_received_check CHECK ((received >= 0)),
    CONSTRAINT stock_reserved_check CHECK ((reserved >= 0)),
    CONSTRAINT stock_shipped_check CHECK ((shipped >= 0))
)
WITH (fillfactor='50');
CREATE TABLE public.stock_receipts (
    id uuid NOT NULL,
    sku text NOT NULL,
    warehouse text NOT NULL,
    quantity bigint NOT NULL,
    source text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT stock_receipts_quantity_check CHECK ((quantity > 0))
);
CREATE TABLE public.submissions (
    id uuid NOT NULL,
    customer text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    request jsonb NOT NULL,
    accepted_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sweeps (
    order_id uuid NOT NULL,
    what text NOT NULL,
    times integer NOT NULL,
    next_at timestamp with time zone NOT NULL,
    CONSTRAINT sweeps_times_check CHECK ((times > 0))
);
CREATE TABLE public.warehouse_feed (
    warehouse text NOT NULL,
    "position" bigint NOT NULL,
    order_id uuid NOT NULL,
    sequence integer NOT NULL,
    event jsonb NOT NULL,
    told_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.warehouse_feed ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.warehouse_feed_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE sandbox.payment_intents (
    key text NOT NULL,
    id text NOT NULL,
    reference text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    code text,
    attempts integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_intents_state_check CHECK ((state = ANY (ARRAY['requires_payment'::text, 'authorized'::text, 'declined'::text, 'canceled'::text])))
);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (1, 'orders', '2026-11-28 04:48:09.517004+00', true, '\x84596cbe796950b877ff2c09e6378bdb22b9eb19d8c3c63b244bc474664ecb17531fad0624c59bcd6f6c4732c7b6ab4d', 8739321);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (2, 'queues', '2026-11-28 04:48:09.526088+00', true, '\x6358d0155fc39031b732bc9672cf4e438040f3e2f1355821d7b9691cefdf3f8e21bf61344c599d98fd3e00928864a164', 4073987);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (3, 'search', '2026-11-28 04:48:09.530345+00', true, '\x261c6fbc63b8b3d1e4be6fca6c43779ca2d8386fb8f47cd8001c10f0c0cbfeb258fc9dcb0978ca4a15e31d0cf26a1a42', 1120512);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (4, 'sandbox', '2026-11-28 04:48:09.531602+00', true, '\xe34e23b160d72e66ddaee9411d8fd1e3cd97e33f3f708872b5e178fd795dc17ebece0771ffee5ed26628dd236580b2b2', 1137798);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (5, 'warehouses', '2026-11-28 04:48:09.532877+00', true, '\x1aef2e97026a676ddcd6b2ac3d764b46725f8f23660ab40960f6189d880b483f22cfb81369ca1ade7600083cfcfd887c', 1666446);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (6, 'catalogue order', '2026-11-28 04:48:09.53465+00', true, '\xbc8cec32a8cbf02378e9d41be62c15e1e9f5767bb4e6d393e041f290e5acc4def1fdf9d9383fdbbca18485b0553283ab', 505524);
INSERT INTO public._sqlx_migrations (version, description, installed_on, success, checksum, execution_time) VALUES (7, 'sweeps and sellers', '2026-11-28 04:48:09.535238+00', true, '\xa10cf570ad94292a2ec9292e87da309ec02ace3de521972705ebbbb90332e0949cdf5d5608918c35dc478ef139ab98da', 919602);
INSERT INTO public.dispatches (order_id, told) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 4);
INSERT INTO public.dispatches (order_id, told) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 4);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:09.708219+00', '{"order_id": "01a2207b-6dba-75bf-9769-a524523240ed"}', '{"code": "insufficient_funds", "result": "declined"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 1, 2, 'PaymentAnswered', '2026-11-28 04:48:09.708219+00', '2026-11-28 04:48:09.708219+00', '{"code": "insufficient_funds", "result": "declined"}', '{"code": "insufficient_funds", "result": "declined"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 1, 3, 'RejectOrder', '2026-11-28 04:48:09.708219+00', '2026-11-28 04:48:09.720427+00', '{"code": "insufficient_funds", "result": "declined"}', '{"status": "rejected"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 1, 4, 'Closed', '2026-11-28 04:48:09.720427+00', '2026-11-28 04:48:09.720427+00', '{"status": "rejected"}', '{"status": "rejected"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:12.708852+00', '{"order_id": "01a2207b-6dc1-7426-9e0a-36394cf43a50"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 1, 2, 'PaymentAnswered', '2026-11-28 04:48:12.708852+00', '2026-11-28 04:48:12.708852+00', '{"result": "closed"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 1, 3, 'Closed', '2026-11-28 04:48:12.708852+00', '2026-11-28 04:48:12.708852+00', '{"result": "closed"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:13.718846+00', '{"order_id": "01a2207b-6dc0-753f-8c66-e0ba8c31c107"}', '{"result": "authorized"}', 'Payment.Unavailable', 'the payment provider is not available: 500 internal server error');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1, 2, 'PaymentAnswered', '2026-11-28 04:48:13.718846+00', '2026-11-28 04:48:13.718846+00', '{"result": "authorized"}', '{"result": "authorized"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1, 3, 'ConfirmOrder', '2026-11-28 04:48:13.718846+00', '2026-11-28 04:48:13.730234+00', '{"result": "authorized"}', '{"status": "confirmed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1, 4, 'Closed', '2026-11-28 04:48:13.730234+00', '2026-11-28 04:48:13.730234+00', '{"status": "confirmed"}', '{"status": "confirmed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:14.701372+00', '{"order_id": "01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:14.704507+00', '{"order_id": "01a2207b-6dc2-70e8-a2ff-c783c845415c"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:14.704516+00', '{"order_id": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 2, 'GiveTheProviderTime', '2026-11-28 04:48:14.701372+00', '2026-11-28 04:48:15.701808+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 2, 'GiveTheProviderTime', '2026-11-28 04:48:14.704516+00', '2026-11-28 04:48:15.706663+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 2, 'GiveTheProviderTime', '2026-11-28 04:48:14.704507+00', '2026-11-28 04:48:15.706682+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 3, 'ResolvePayment', '2026-11-28 04:48:15.701808+00', '2026-11-28 04:48:15.706776+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"calls": 1, "result": "none"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 4, 'PaymentAnswered', '2026-11-28 04:48:15.706776+00', '2026-11-28 04:48:15.706776+00', '{"calls": 1, "result": "none"}', '{"calls": 1, "result": "none"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 3, 'ResolvePayment', '2026-11-28 04:48:15.706682+00', '2026-11-28 04:48:15.711629+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 4, 'PaymentAnswered', '2026-11-28 04:48:15.711629+00', '2026-11-28 04:48:15.711629+00', '{"result": "closed"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 5, 'Closed', '2026-11-28 04:48:15.711629+00', '2026-11-28 04:48:15.711629+00', '{"result": "closed"}', '{"result": "closed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 3, 'ResolvePayment', '2026-11-28 04:48:15.706663+00', '2026-11-28 04:48:15.722221+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"result": "authorized"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 4, 'PaymentAnswered', '2026-11-28 04:48:15.722221+00', '2026-11-28 04:48:15.722221+00', '{"result": "authorized"}', '{"result": "authorized"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 5, 'ConfirmOrder', '2026-11-28 04:48:15.722221+00', '2026-11-28 04:48:15.732542+00', '{"result": "authorized"}', '{"status": "confirmed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 6, 'Closed', '2026-11-28 04:48:15.732542+00', '2026-11-28 04:48:15.732542+00', '{"status": "confirmed"}', '{"status": "confirmed"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 5, 'AuthorizePayment', '2026-11-28 04:48:15.706776+00', '2026-11-28 04:48:20.715583+00', '{"calls": 1, "result": "none"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 6, 'GiveTheProviderTime', '2026-11-28 04:48:20.715583+00', '2026-11-28 04:48:21.723575+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 7, 'ResolvePayment', '2026-11-28 04:48:21.723575+00', '2026-11-28 04:48:21.73011+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"calls": 2, "result": "none"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 8, 'PaymentAnswered', '2026-11-28 04:48:21.73011+00', '2026-11-28 04:48:21.73011+00', '{"calls": 2, "result": "none"}', '{"calls": 2, "result": "none"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 9, 'AbandonPayment', '2026-11-28 04:48:21.73011+00', '2026-11-28 04:48:21.743831+00', '{"calls": 2, "result": "none"}', '{"status": "rejected"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 10, 'Closed', '2026-11-28 04:48:21.743831+00', '2026-11-28 04:48:21.743831+00', '{"status": "rejected"}', '{"status": "rejected"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:22.982047+00', '2026-11-28 04:48:27.998849+00', '{"order_id": "01a2207b-a1a8-7347-b30f-cabe5bae276b"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 1, 2, 'GiveTheProviderTime', '2026-11-28 04:48:27.998849+00', '2026-11-28 04:48:29.000206+00', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:28.327254+00', NULL, '{"order_id": "01a2207b-b68e-77a9-a67f-b609662b158c"}', NULL, 'Payment.Unavailable', 'the payment provider is not available: 500 internal server error');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:28.429823+00', '2026-11-28 04:48:28.452041+00', '{"order_id": "01a2207b-b6f2-7357-8e1f-10cd3882e9ce"}', '{"result": "authorized"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 1, 2, 'PaymentAnswered', '2026-11-28 04:48:28.452041+00', '2026-11-28 04:48:28.452041+00', '{"result": "authorized"}', '{"result": "authorized"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:28.47704+00', '2026-11-28 04:48:28.493894+00', '{"order_id": "01a2207b-b724-760d-bab7-80ddfef65422"}', '{"code": "card_declined", "result": "declined"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 1, 2, 'PaymentAnswered', '2026-11-28 04:48:28.493894+00', '2026-11-28 04:48:28.493894+00', '{"code": "card_declined", "result": "declined"}', '{"code": "card_declined", "result": "declined"}', NULL, NULL);
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 1, 1, 'AuthorizePayment', '2026-11-28 04:48:23.728762+00', '2026-11-28 04:48:28.741082+00', '{"order_id": "01a2207b-a496-752c-9a41-be12a0406e70"}', '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', 'Payment.InDoubt', 'the payment provider did not answer in time');
INSERT INTO public.execution_history (execution_id, attempt, sequence, state, entered_at, left_at, input, output, error, cause) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 1, 2, 'GiveTheProviderTime', '2026-11-28 04:48:28.741082+00', NULL, '{"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}', NULL, NULL, NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 'checkout', 'succeeded', '{"input": {"status": "rejected"}, "phase": {"is": "succeeded", "output": {"status": "rejected"}}, "state": "Closed", "visit": 4, "events": 15, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dba-75bf-9769-a524523240ed", "execution_name": "01a2207b-6dba-75bf-9769-a524523240ed", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:09.720427Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dba-75bf-9769-a524523240ed"}}', 2, 1, NULL, NULL, '{"status": "rejected"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:09.723888+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 'checkout', 'succeeded', '{"input": {"result": "closed"}, "phase": {"is": "succeeded", "output": {"result": "closed"}}, "state": "Closed", "visit": 3, "events": 10, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dc1-7426-9e0a-36394cf43a50", "execution_name": "01a2207b-6dc1-7426-9e0a-36394cf43a50", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:12.708852Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dc1-7426-9e0a-36394cf43a50"}}', 1, 1, NULL, NULL, '{"result": "closed"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:12.712396+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 'checkout', 'succeeded', '{"input": {"status": "confirmed"}, "phase": {"is": "succeeded", "output": {"status": "confirmed"}}, "state": "Closed", "visit": 4, "events": 21, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dc0-753f-8c66-e0ba8c31c107", "execution_name": "01a2207b-6dc0-753f-8c66-e0ba8c31c107", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:13.730234Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dc0-753f-8c66-e0ba8c31c107"}}', 6, 1, NULL, NULL, '{"status": "confirmed"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:13.733444+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 'checkout', 'succeeded', '{"input": {"result": "closed"}, "phase": {"is": "succeeded", "output": {"result": "closed"}}, "state": "Closed", "visit": 5, "events": 17, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dc2-70e8-a2ff-c783c845415c", "execution_name": "01a2207b-6dc2-70e8-a2ff-c783c845415c", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:15.711629Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dc2-70e8-a2ff-c783c845415c"}}', 3, 1, NULL, NULL, '{"result": "closed"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:15.714453+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 'checkout', 'succeeded', '{"input": {"status": "rejected"}, "phase": {"is": "succeeded", "output": {"status": "rejected"}}, "state": "Closed", "visit": 10, "events": 36, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8", "execution_name": "01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:21.743831Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8"}}', 7, 1, NULL, NULL, '{"status": "rejected"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:21.747364+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 'checkout', 'succeeded', '{"input": {"status": "confirmed"}, "phase": {"is": "succeeded", "output": {"status": "confirmed"}}, "state": "Closed", "visit": 6, "events": 22, "retries": [], "identity": {"execution_id": "checkout:01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be", "execution_name": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:15.732542Z", "last_error": null, "started_at": "2026-11-28T04:48:09.686294Z", "original_input": {"order_id": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be"}}', 4, 1, NULL, NULL, '{"status": "confirmed"}', NULL, NULL, '2026-11-28 04:48:09.686294+00', '2026-11-28 04:48:15.73584+00');
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 'checkout', 'running', '{"input": {"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}, "phase": {"is": "calling"}, "state": "ResolvePayment", "visit": 3, "events": 12, "retries": [0], "identity": {"execution_id": "checkout:01a2207b-a1a8-7347-b30f-cabe5bae276b", "execution_name": "01a2207b-a1a8-7347-b30f-cabe5bae276b", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:29.000206Z", "last_error": null, "started_at": "2026-11-28T04:48:22.982047Z", "original_input": {"order_id": "01a2207b-a1a8-7347-b30f-cabe5bae276b"}}', 2, 1, NULL, 1, NULL, NULL, NULL, '2026-11-28 04:48:22.982047+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 'checkout', 'running', '{"input": {"order_id": "01a2207b-b530-742d-904b-aa7f3b742c3d"}, "phase": {"is": "calling"}, "state": "AuthorizePayment", "visit": 1, "events": 5, "retries": [0, 0, 0], "identity": {"execution_id": "checkout:01a2207b-b530-742d-904b-aa7f3b742c3d", "execution_name": "01a2207b-b530-742d-904b-aa7f3b742c3d", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:27.978033Z", "last_error": null, "started_at": "2026-11-28T04:48:27.978033Z", "original_input": {"order_id": "01a2207b-b530-742d-904b-aa7f3b742c3d"}}', 0, 1, NULL, 1, NULL, NULL, NULL, '2026-11-28 04:48:27.978033+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 'checkout', 'running', '{"input": {"order_id": "01a2207b-b594-76a3-a1f7-d6e6be961cf0"}, "phase": {"is": "calling"}, "state": "AuthorizePayment", "visit": 1, "events": 5, "retries": [0, 0, 0], "identity": {"execution_id": "checkout:01a2207b-b594-76a3-a1f7-d6e6be961cf0", "execution_name": "01a2207b-b594-76a3-a1f7-d6e6be961cf0", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:28.076317Z", "last_error": null, "started_at": "2026-11-28T04:48:28.076317Z", "original_input": {"order_id": "01a2207b-b594-76a3-a1f7-d6e6be961cf0"}}', 0, 1, NULL, 1, NULL, NULL, NULL, '2026-11-28 04:48:28.076317+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 'checkout', 'running', '{"input": {"Cause": "the payment provider did not answer in time", "Error": "Payment.InDoubt"}, "phase": {"is": "waiting", "until": "2026-11-28T04:48:29.741082Z"}, "state": "GiveTheProviderTime", "visit": 2, "events": 7, "retries": [], "identity": {"execution_id": "checkout:01a2207b-a496-752c-9a41-be12a0406e70", "execution_name": "01a2207b-a496-752c-9a41-be12a0406e70", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:28.741082Z", "last_error": null, "started_at": "2026-11-28T04:48:23.728762Z", "original_input": {"order_id": "01a2207b-a496-752c-9a41-be12a0406e70"}}', 1, 1, '2026-11-28 04:48:29.741082+00', NULL, NULL, NULL, NULL, '2026-11-28 04:48:23.728762+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 'checkout', 'running', '{"input": {"order_id": "01a2207b-b68e-77a9-a67f-b609662b158c"}, "phase": {"is": "retrying", "until": "2026-11-28T04:48:29.214183Z"}, "state": "AuthorizePayment", "visit": 1, "events": 5, "retries": [0, 1, 0], "identity": {"execution_id": "checkout:01a2207b-b68e-77a9-a67f-b609662b158c", "execution_name": "01a2207b-b68e-77a9-a67f-b609662b158c", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:28.327254Z", "last_error": {"cause": "the payment provider is not available: 500 internal server error", "error": "Payment.Unavailable"}, "started_at": "2026-11-28T04:48:28.327254Z", "original_input": {"order_id": "01a2207b-b68e-77a9-a67f-b609662b158c"}}', 1, 1, '2026-11-28 04:48:29.214183+00', NULL, NULL, NULL, NULL, '2026-11-28 04:48:28.327254+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 'checkout', 'running', '{"input": {"result": "authorized"}, "phase": {"is": "calling"}, "state": "ConfirmOrder", "visit": 3, "events": 12, "retries": [0], "identity": {"execution_id": "checkout:01a2207b-b6f2-7357-8e1f-10cd3882e9ce", "execution_name": "01a2207b-b6f2-7357-8e1f-10cd3882e9ce", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:28.452041Z", "last_error": null, "started_at": "2026-11-28T04:48:28.429823Z", "original_input": {"order_id": "01a2207b-b6f2-7357-8e1f-10cd3882e9ce"}}', 1, 1, NULL, 1, NULL, NULL, NULL, '2026-11-28 04:48:28.429823+00', NULL);
INSERT INTO public.executions (id, workflow, status, state, version, attempt, wake_at, instance, output, error, cause, started_at, stopped_at) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 'checkout', 'running', '{"input": {"code": "card_declined", "result": "declined"}, "phase": {"is": "calling"}, "state": "RejectOrder", "visit": 3, "events": 12, "retries": [0], "identity": {"execution_id": "checkout:01a2207b-b724-760d-bab7-80ddfef65422", "execution_name": "01a2207b-b724-760d-bab7-80ddfef65422", "state_machine_name": "checkout"}, "variables": {}, "entered_at": "2026-11-28T04:48:28.493894Z", "last_error": null, "started_at": "2026-11-28T04:48:28.47704Z", "original_input": {"order_id": "01a2207b-b724-760d-bab7-80ddfef65422"}}', 1, 1, NULL, 1, NULL, NULL, NULL, '2026-11-28 04:48:28.47704+00', NULL);
INSERT INTO public.instances (id, started_at) OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-28 04:48:09.539619+00');
INSERT INTO public.messages (id, queue, subject, body, visible_at, receive_count, abandoned, instance, sent_at, last_error) OVERRIDING SYSTEM VALUE VALUES (25, 'invoice', '01a2207b-6dc0-753f-8c66-e0ba8c31c107', '{"id": "27231857-08ae-5527-adf3-565e3740f0fe", "data": {"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}, "time": "2026-11-28T04:48:13.726024Z", "type": "sluice.OrderConfirmed.v1", "source": "sluice/local", "subject": "01a2207b-6dc0-753f-8c66-e0ba8c31c107", "sequence": 4, "specversion": "1.0", "datacontenttype": "application/json"}', '2026-11-28 04:51:13.834812+00', 1, 0, 1, '2026-11-28 04:48:13.730017+00', NULL);
INSERT INTO public.messages (id, queue, subject, body, visible_at, receive_count, abandoned, instance, sent_at, last_error) OVERRIDING SYSTEM VALUE VALUES (28, 'invoice', '01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', '{"id": "a5eec0cd-636b-5b40-b837-9a9523f6ef92", "data": {"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "total": {"amount": 5501, "currency": "EUR"}, "currency": "EUR"}, "time": "2026-11-28T04:48:15.728671Z", "type": "sluice.OrderConfirmed.v1", "source": "sluice/local", "subject": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be", "sequence": 4, "specversion": "1.0", "datacontenttype": "application/json"}', '2026-11-28 04:51:15.835779+00', 1, 0, 1, '2026-11-28 04:48:15.732336+00', NULL);
INSERT INTO public.messages (id, queue, subject, body, visible_at, receive_count, abandoned, instance, sent_at, last_error) OVERRIDING SYSTEM VALUE VALUES (47, 'intake', '01a2207b-b789-7695-85e2-1536085396ec', '{"id": "01a2207b-b789-7695-85e2-1536085396ec", "request": {"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_visa"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}, "customer": "late", "accepted_at": "2026-11-28T04:48:28.553059Z"}', '2026-11-28 04:49:28.578901+00', 1, 0, 1, '2026-11-28 04:48:28.556701+00', NULL);
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbd-7745-9248-724d03084743', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "NOBODY-SELLS-THIS", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbd-7745-9248-724d03084743', 2, 'OrderRejected', '2026-11-28 04:48:09.684266+00', '{"detail": "NOBODY-SELLS-THIS is not in the catalogue", "reason": "unknown_sku", "reserved": false}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbe-72ec-b65a-3110deccb938', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "POT", "quantity": 2}, {"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbe-72ec-b65a-3110deccb938', 2, 'OrderRejected', '2026-11-28 04:48:09.684266+00', '{"detail": "POT: 2 wanted, fewer are free", "reason": "out_of_stock", "reserved": false}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "total": {"amount": 5501, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 2}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 2}], "total": {"amount": 2975, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 1, 'OrderSubmitted', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 2}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 2, 'OrderReserved', '2026-11-28 04:48:09.684266+00', '{"lines": [{"sku": "TEA", "quantity": 2}], "total": {"amount": 2975, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 3, 'OrderRejected', '2026-11-28 04:48:09.715788+00', '{"reason": "payment_declined", "reserved": true}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 3, 'OrderCancelled', '2026-11-28 04:48:10.079802+00', '{"was": "reserved", "reserved": true}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 3, 'OrderCancelled', '2026-11-28 04:48:10.087364+00', '{"was": "reserved", "reserved": true}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 3, 'PaymentAuthorized', '2026-11-28 04:48:13.714847+00', '{"amount": {"amount": 1488, "currency": "EUR"}}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 4, 'OrderConfirmed', '2026-11-28 04:48:13.726024+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 3, 'PaymentAuthorized', '2026-11-28 04:48:15.718441+00', '{"amount": {"amount": 5501, "currency": "EUR"}}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 4, 'OrderConfirmed', '2026-11-28 04:48:15.728671+00', '{"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "total": {"amount": 5501, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 3, 'OrderRejected', '2026-11-28 04:48:21.737104+00', '{"reason": "payment_unavailable", "reserved": true}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 1, 'OrderSubmitted', '2026-11-28 04:48:22.978523+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 2, 'OrderReserved', '2026-11-28 04:48:22.978523+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 1, 'OrderSubmitted', '2026-11-28 04:48:23.728222+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 2, 'OrderReserved', '2026-11-28 04:48:23.728222+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 1, 'OrderSubmitted', '2026-11-28 04:48:27.976605+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 2, 'OrderReserved', '2026-11-28 04:48:27.976605+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 1, 'OrderSubmitted', '2026-11-28 04:48:28.075764+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 2, 'OrderReserved', '2026-11-28 04:48:28.075764+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 1, 'OrderSubmitted', '2026-11-28 04:48:28.326568+00', '{"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 2, 'OrderReserved', '2026-11-28 04:48:28.326568+00', '{"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 1}], "total": {"amount": 2826, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 1, 'OrderSubmitted', '2026-11-28 04:48:28.426087+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 2, 'OrderReserved', '2026-11-28 04:48:28.426087+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 3, 'PaymentAuthorized', '2026-11-28 04:48:28.448151+00', '{"amount": {"amount": 1488, "currency": "EUR"}}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 1, 'OrderSubmitted', '2026-11-28 04:48:28.476488+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "currency": "EUR"}');
INSERT INTO public.order_events (order_id, sequence, name, occurred_at, data) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 2, 'OrderReserved', '2026-11-28 04:48:28.476488+00', '{"lines": [{"sku": "TEA", "quantity": 1}], "total": {"amount": 1488, "currency": "EUR"}, "currency": "EUR"}');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 3, 'rejected', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dbd-7745-9248-724d03084743', 2, 'rejected', '''com'':3 ''example'':2 ''müller'':5 ''nobody'':6 ''sells'':7 ''this'':8 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dbe-72ec-b65a-3110deccb938', 2, 'rejected', '''a'':7,12 ''com'':3 ''example'':2 ''for'':9,14 ''müller'':5 ''pot'':6,8 ''tea'':11,13 ''tests'':10,15 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 3, 'cancelled', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 3, 'cancelled', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 4, 'confirmed', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 4, 'confirmed', '''a'':7,12 ''com'':3 ''cup'':11,13 ''example'':2 ''for'':9,14 ''müller'':5 ''tea'':6,8 ''tests'':10,15 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 3, 'rejected', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 2, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 2, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 2, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 2, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 2, 'reserved', '''a'':9,14 ''com'':3 ''cup'':13,15 ''example'':2 ''for'':11,16 ''gmbh'':7 ''müller'':5,6 ''tea'':8,10 ''tests'':12,17 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 3, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.order_search (order_id, version, status, document) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 2, 'reserved', '''a'':7 ''com'':3 ''example'':2 ''for'':9 ''müller'':5 ''tea'':6,8 ''tests'':10 ''zoe'':1 ''zoë'':4');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dbd-7745-9248-724d03084743', 'zoe', 'rejected', 'unknown_sku', 'NOBODY-SELLS-THIS is not in the catalogue', 2, 'EUR', NULL, NULL, NULL, '[{"sku": "NOBODY-SELLS-THIS", "quantity": 1}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_card_visa', NULL, NULL, false, NULL, '2026-11-28 04:48:09.661194+00', '2026-11-28 04:48:09.684266+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dbe-72ec-b65a-3110deccb938', 'zoe', 'rejected', 'out_of_stock', 'POT: 2 wanted, fewer are free', 2, 'EUR', 10250, 1948, 12198, '[{"sku": "POT", "name": "A POT for tests", "quantity": 2, "unit_price": 4500, "tax_rate_bp": 1900}, {"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_card_visa', NULL, NULL, false, NULL, '2026-11-28 04:48:09.662292+00', '2026-11-28 04:48:09.684266+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 'zoe', 'rejected', 'payment_declined', 'insufficient_funds', 3, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_card_chargeDeclinedInsufficientFunds', '2026-11-28 05:18:09.684266+00', NULL, false, NULL, '2026-11-28 04:48:09.658323+00', '2026-11-28 04:48:09.715788+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 'zoe', 'cancelled', NULL, NULL, 3, 'EUR', 2500, 475, 2975, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 2, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_slow', '2026-11-28 05:18:09.684266+00', '2026-11-28 04:48:10.072892+00', false, NULL, '2026-11-28 04:48:09.665506+00', '2026-11-28 04:48:10.079802+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 'zoe', 'cancelled', NULL, NULL, 3, 'EUR', 2500, 475, 2975, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 2, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_charged', '2026-11-28 05:18:09.684266+00', '2026-11-28 04:48:10.07532+00', false, NULL, '2026-11-28 04:48:09.666302+00', '2026-11-28 04:48:10.087364+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 'zoe', 'confirmed', NULL, NULL, 4, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_flaky', '2026-11-28 05:18:09.684266+00', NULL, false, NULL, '2026-11-28 04:48:09.664787+00', '2026-11-28 04:48:13.726024+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 'zoe', 'confirmed', NULL, NULL, 4, 'EUR', 5000, 501, 5501, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}, {"sku": "CUP", "name": "A CUP for tests", "quantity": 3, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 700}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_charged', '2026-11-28 05:18:09.684266+00', NULL, false, NULL, '2026-11-28 04:48:09.663979+00', '2026-11-28 04:48:15.728671+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 'zoe', 'rejected', 'payment_unavailable', NULL, 3, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_lost', '2026-11-28 05:18:09.684266+00', NULL, false, NULL, '2026-11-28 04:48:09.663143+00', '2026-11-28 04:48:21.737104+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_charged', '2026-11-28 05:18:22.978523+00', NULL, false, NULL, '2026-11-28 04:48:22.952896+00', '2026-11-28 04:48:22.978523+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_lost', '2026-11-28 05:18:23.728222+00', NULL, false, NULL, '2026-11-28 04:48:23.702915+00', '2026-11-28 04:48:23.728222+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_slow', '2026-11-28 05:18:27.976605+00', NULL, false, NULL, '2026-11-28 04:48:27.952802+00', '2026-11-28 04:48:27.976605+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_sandbox_timeout_charged', '2026-11-28 05:18:28.075764+00', NULL, false, NULL, '2026-11-28 04:48:28.052731+00', '2026-11-28 04:48:28.075764+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 2500, 326, 2826, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}, {"sku": "CUP", "name": "A CUP for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 700}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', '{"city": "Hannover", "name": "Müller GmbH", "line1": "Lange Straße 14", "line2": "Hinterhaus", "country": "DE", "postal_code": "30159"}', 'pm_sandbox_flaky', '2026-11-28 05:18:28.326568+00', NULL, false, NULL, '2026-11-28 04:48:28.30287+00', '2026-11-28 04:48:28.326568+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 'zoe', 'reserved', NULL, NULL, 3, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_card_visa', '2026-11-28 05:18:28.426087+00', NULL, false, NULL, '2026-11-28 04:48:28.402865+00', '2026-11-28 04:48:28.448151+00');
INSERT INTO public.orders (id, customer, status, reason, detail, version, currency, net, tax, total, lines, email, shipping_address, billing_address, payment_method, reserved_until, cancel_requested_at, invoiced, traceparent, created_at, updated_at) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 'zoe', 'reserved', NULL, NULL, 2, 'EUR', 1250, 238, 1488, '[{"sku": "TEA", "name": "A TEA for tests", "quantity": 1, "warehouse": "main", "unit_price": 1250, "tax_rate_bp": 1900}]', 'zoe@example.com', '{"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}', NULL, 'pm_card_chargeDeclined', '2026-11-28 05:18:28.476488+00', NULL, false, NULL, '2026-11-28 04:48:28.452843+00', '2026-11-28 04:48:28.476488+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 'order-01a2207b-6dba-75bf-9769-a524523240ed-authorize-1', 'declined', 1488, 'EUR', NULL, 'insufficient_funds', 1, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:09.708021+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 'order-01a2207b-6dc1-7426-9e0a-36394cf43a50-authorize-1', 'voided', 2975, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:10.151219+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 'order-01a2207b-6dc2-70e8-a2ff-c783c845415c-authorize-1', 'voided', 2975, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:10.151219+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 'order-01a2207b-6dc0-753f-8c66-e0ba8c31c107-authorize-1', 'authorized', 1488, 'EUR', 'pi_4104763111ac6ab502b3a7bf644dfce6', NULL, 3, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:13.714847+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 'order-01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be-authorize-1', 'authorized', 5501, 'EUR', 'pi_e56b81c96849fc3d9303b6bfa316afbf', NULL, 1, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:15.718441+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 'order-01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8-authorize-1', 'voided', 1488, 'EUR', NULL, NULL, 2, '2026-11-28 04:48:09.698643+00', '2026-11-28 04:48:21.805645+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 'order-01a2207b-a1a8-7347-b30f-cabe5bae276b-authorize-1', 'pending', 1488, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:22.992718+00', '2026-11-28 04:48:22.992718+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 'order-01a2207b-a496-752c-9a41-be12a0406e70-authorize-1', 'pending', 1488, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:23.73902+00', '2026-11-28 04:48:23.73902+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 'order-01a2207b-b530-742d-904b-aa7f3b742c3d-authorize-1', 'pending', 1488, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:27.989189+00', '2026-11-28 04:48:27.989189+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 'order-01a2207b-b594-76a3-a1f7-d6e6be961cf0-authorize-1', 'pending', 1488, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:28.087282+00', '2026-11-28 04:48:28.087282+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 'order-01a2207b-b68e-77a9-a67f-b609662b158c-authorize-1', 'pending', 2826, 'EUR', NULL, NULL, 1, '2026-11-28 04:48:28.338485+00', '2026-11-28 04:48:28.338485+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 'order-01a2207b-b6f2-7357-8e1f-10cd3882e9ce-authorize-1', 'authorized', 1488, 'EUR', 'pi_61f6325bec9fb5e503e17e16efa48bfa', NULL, 1, '2026-11-28 04:48:28.440723+00', '2026-11-28 04:48:28.448151+00');
INSERT INTO public.payments (order_id, key, state, amount, currency, authorization_id, code, calls, created_at, updated_at) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 'order-01a2207b-b724-760d-bab7-80ddfef65422-authorize-1', 'declined', 1488, 'EUR', NULL, 'card_declined', 1, '2026-11-28 04:48:28.486794+00', '2026-11-28 04:48:28.493744+00');
INSERT INTO public.products (sku, name, currency, price, tax_rate_bp, trigrams, updated_at) VALUES ('CUP', 'A CUP for tests', 'EUR', 1250, 700, '{"  a","  c","  f","  t"," a "," cu"," fo"," te",cup,est,for,"or ",sts,tes,"ts ","up "}', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.products (sku, name, currency, price, tax_rate_bp, trigrams, updated_at) VALUES ('POT', 'A POT for tests', 'EUR', 4500, 1900, '{"  a","  f","  p","  t"," a "," fo"," po"," te",est,for,"or ","ot ",pot,sts,tes,"ts "}', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.products (sku, name, currency, price, tax_rate_bp, trigrams, updated_at) VALUES ('TEA', 'A TEA for tests', 'EUR', 1250, 1900, '{"  a","  f","  t"," a "," fo"," te","ea ",est,for,"or ",sts,tea,tes,"ts "}', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.stock (sku, warehouse, received, shipped, reserved) VALUES ('POT', 'main', 1, 0, 0);
INSERT INTO public.stock (sku, warehouse, received, shipped, reserved) VALUES ('CUP', 'main', 1000, 0, 4);
INSERT INTO public.stock (sku, warehouse, received, shipped, reserved) VALUES ('TEA', 'main', 1000000, 0, 9);
INSERT INTO public.stock_receipts (id, sku, warehouse, quantity, source, received_at) VALUES ('ac4adf3c-d9a9-46dd-9b17-ebc6f7eed64a', 'CUP', 'main', 1000, 'c.csv', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.stock_receipts (id, sku, warehouse, quantity, source, received_at) VALUES ('903aac57-3ec9-4f58-8a38-1f7365e0590a', 'POT', 'main', 1, 'c.csv', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.stock_receipts (id, sku, warehouse, quantity, source, received_at) VALUES ('7ba47494-c12c-45cc-80da-183e2a13187c', 'TEA', 'main', 1000000, 'c.csv', '2026-11-28 04:48:09.617322+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dba-75bf-9769-a524523240ed', 'zoe', 'declined', '\x6b5e2ef24572b0a38eefcd371bcbf1cbb26808dc479b701fce8384369763ce37', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_chargeDeclinedInsufficientFunds"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.658323+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dbd-7745-9248-724d03084743', 'zoe', 'unknown-sku', '\x3969e76d5072f211aaadaa4dc435fe2c68f3e873bf93ca1de1596cfa6c2b0b05', '{"email": "zoe@example.com", "lines": [{"sku": "NOBODY-SELLS-THIS", "quantity": 1}], "payment": {"method": "pm_card_visa"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.661194+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dbe-72ec-b65a-3110deccb938', 'zoe', 'out-of-stock', '\xa8c6a024be3b7c475c8ce8f03f4661081f047d38c5224a8d20f290810bea7e8b', '{"email": "zoe@example.com", "lines": [{"sku": "POT", "quantity": 2}, {"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_visa"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.662292+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8', 'zoe', 'lost', '\x29f7394603366d75f05663a44c2f51739a99195d0d2d765510c698097ca49a56', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_timeout_lost"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.663143+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 'zoe', 'charged', '\xd804f0ffdb742aae89385fa9cddd9d1059b08857e5d4f32aca5cf90217b47bdf', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "payment": {"method": "pm_sandbox_timeout_charged"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.663979+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dc0-753f-8c66-e0ba8c31c107', 'zoe', 'flaky', '\x2f8a405cf5b20c8a9f2571d1506a5d33f4dddf05b85e8f88c0c38ad2e28dac49', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_flaky"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.664787+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dc1-7426-9e0a-36394cf43a50', 'zoe', 'called-off', '\x6ed0b899cee19b45fa47a6ae94045adf395904a7b6368d7d83f6a7230fd59b31', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 2}], "payment": {"method": "pm_sandbox_slow"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.665506+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-6dc2-70e8-a2ff-c783c845415c', 'zoe', 'called-off-late', '\x4caa1af2e87992abbffd01403171f7c7364824cfd8f501f48a53903eb7ce9921', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 2}], "payment": {"method": "pm_sandbox_timeout_charged"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:09.666302+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-a1a8-7347-b30f-cabe5bae276b', 'zoe', 'resolving', '\xc155bb9718368c801fd4d4cb3cf56f3e5f5f00d90f110efc9f395fcbf3318601', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_timeout_charged"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:22.952896+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-a496-752c-9a41-be12a0406e70', 'zoe', 'given-time', '\x29f7394603366d75f05663a44c2f51739a99195d0d2d765510c698097ca49a56', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_timeout_lost"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:23.702915+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b530-742d-904b-aa7f3b742c3d', 'zoe', 'asking-slow', '\x77f4240af0c5f181590e28589d81fb644237b70dc65aa5fe2be4f36e4fbf4435', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_slow"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:27.952802+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b594-76a3-a1f7-d6e6be961cf0', 'zoe', 'asking-silent', '\xc155bb9718368c801fd4d4cb3cf56f3e5f5f00d90f110efc9f395fcbf3318601', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_sandbox_timeout_charged"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:28.052731+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b68e-77a9-a67f-b609662b158c', 'zoe', 'asked-again', '\xe9d8920662cd7c7637dd630f5e12e86489a363fd5c2e749929d194c254c453b3', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 1}], "payment": {"method": "pm_sandbox_flaky"}, "currency": "EUR", "billing_address": {"city": "Hannover", "name": "Müller GmbH", "line1": "Lange Straße 14", "line2": "Hinterhaus", "country": "DE", "postal_code": "30159"}, "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:28.30287+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 'zoe', 'confirming', '\xfadf164b64f9cdd79e13e86c43596fbeac0b397a3de11a4319d129c2f5177aa9', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_visa"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:28.402865+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b724-760d-bab7-80ddfef65422', 'zoe', 'refusing', '\x0dc27b526b9611116faadc33153ed1f22556aa1854c854dba5e00c7b1e6968bf', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_chargeDeclined"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:28.452843+00');
INSERT INTO public.submissions (id, customer, key, fingerprint, request, accepted_at) VALUES ('01a2207b-b789-7695-85e2-1536085396ec', 'late', 'late', '\xfadf164b64f9cdd79e13e86c43596fbeac0b397a3de11a4319d129c2f5177aa9', '{"email": "zoe@example.com", "lines": [{"sku": "TEA", "quantity": 1}], "payment": {"method": "pm_card_visa"}, "currency": "EUR", "shipping_address": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}}', '2026-11-28 04:48:28.553059+00');
INSERT INTO public.warehouse_feed (warehouse, "position", order_id, sequence, event, told_at) OVERRIDING SYSTEM VALUE VALUES ('main', 1, '01a2207b-6dc0-753f-8c66-e0ba8c31c107', 4, '{"id": "27231857-08ae-5527-adf3-565e3740f0fe", "data": {"lines": [{"sku": "TEA", "quantity": 1}], "ship_to": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}, "order_id": "01a2207b-6dc0-753f-8c66-e0ba8c31c107", "warehouse": "main"}, "time": "2026-11-28T04:48:13.726024Z", "type": "sluice.OrderConfirmed.v1", "source": "sluice/local", "subject": "01a2207b-6dc0-753f-8c66-e0ba8c31c107", "sequence": 4, "specversion": "1.0", "datacontenttype": "application/json"}', '2026-11-28 04:48:13.837325+00');
INSERT INTO public.warehouse_feed (warehouse, "position", order_id, sequence, event, told_at) OVERRIDING SYSTEM VALUE VALUES ('main', 2, '01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 4, '{"id": "a5eec0cd-636b-5b40-b837-9a9523f6ef92", "data": {"lines": [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 3}], "ship_to": {"city": "Hannover", "name": "Zoë Müller", "line1": "Lange Straße 12", "country": "DE", "postal_code": "30159"}, "order_id": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be", "warehouse": "main"}, "time": "2026-11-28T04:48:15.728671Z", "type": "sluice.OrderConfirmed.v1", "source": "sluice/local", "subject": "01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be", "sequence": 4, "specversion": "1.0", "datacontenttype": "application/json"}', '2026-11-28 04:48:15.836867+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dba-75bf-9769-a524523240ed-authorize-1', 'pi_f30b4752f3708bdf9c2dbff11221ef45', '01a2207b-6dba-75bf-9769-a524523240ed', 1488, 'EUR', 'declined', 'insufficient_funds', 1, '2026-11-28 04:48:09.703574+00', '2026-11-28 04:48:09.703574+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be-authorize-1', 'pi_e56b81c96849fc3d9303b6bfa316afbf', '01a2207b-6dbf-77d5-8e0b-ea2b3c73a4be', 5501, 'EUR', 'authorized', NULL, 1, '2026-11-28 04:48:09.703574+00', '2026-11-28 04:48:09.703574+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dc2-70e8-a2ff-c783c845415c-authorize-1', 'pi_0a2e8ad90626241c932cfb11e57bfcb4', '01a2207b-6dc2-70e8-a2ff-c783c845415c', 2975, 'EUR', 'canceled', NULL, 1, '2026-11-28 04:48:09.703574+00', '2026-11-28 04:48:10.147197+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dc1-7426-9e0a-36394cf43a50-authorize-1', 'pi_72302a561e47f0deab66db4cef9be73a', '', 0, 'XXX', 'canceled', NULL, 1, '2026-11-28 04:48:10.144456+00', '2026-11-28 04:48:12.7045+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dc0-753f-8c66-e0ba8c31c107-authorize-1', 'pi_4104763111ac6ab502b3a7bf644dfce6', '01a2207b-6dc0-753f-8c66-e0ba8c31c107', 1488, 'EUR', 'authorized', NULL, 3, '2026-11-28 04:48:09.703574+00', '2026-11-28 04:48:13.712009+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-6dbf-77d5-8e0b-ea293a8aa2e8-authorize-1', 'pi_ae017ca531e244491f6f65729aeb9419', '', 0, 'XXX', 'canceled', NULL, 0, '2026-11-28 04:48:21.801213+00', '2026-11-28 04:48:21.801213+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-a1a8-7347-b30f-cabe5bae276b-authorize-1', 'pi_25f7cbcc75a815691303ae3c8ec23f6b', '01a2207b-a1a8-7347-b30f-cabe5bae276b', 1488, 'EUR', 'authorized', NULL, 1, '2026-11-28 04:48:22.997568+00', '2026-11-28 04:48:22.997568+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-b594-76a3-a1f7-d6e6be961cf0-authorize-1', 'pi_1e74ea869f938cfb11d602ee9bf9fe10', '01a2207b-b594-76a3-a1f7-d6e6be961cf0', 1488, 'EUR', 'authorized', NULL, 1, '2026-11-28 04:48:28.090686+00', '2026-11-28 04:48:28.090686+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-b68e-77a9-a67f-b609662b158c-authorize-1', 'pi_5f77fb8d6c51e03f1d30dbb9c7d6284f', '01a2207b-b68e-77a9-a67f-b609662b158c', 2826, 'EUR', 'requires_payment', NULL, 1, '2026-11-28 04:48:28.341952+00', '2026-11-28 04:48:28.341952+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-b6f2-7357-8e1f-10cd3882e9ce-authorize-1', 'pi_61f6325bec9fb5e503e17e16efa48bfa', '01a2207b-b6f2-7357-8e1f-10cd3882e9ce', 1488, 'EUR', 'authorized', NULL, 1, '2026-11-28 04:48:28.444317+00', '2026-11-28 04:48:28.444317+00');
INSERT INTO sandbox.payment_intents (key, id, reference, amount, currency, state, code, attempts, created_at, updated_at) VALUES ('order-01a2207b-b724-760d-bab7-80ddfef65422-authorize-1', 'pi_5e5de4b1a7a1d4c28e1702777f06d52f', '01a2207b-b724-760d-bab7-80ddfef65422', 1488, 'EUR', 'declined', 'card_declined', 1, '2026-11-28 04:48:28.490308+00', '2026-11-28 04:48:28.490308+00');
SELECT pg_catalog.setval('public.instances_id_seq', 1, true);
SELECT pg_catalog.setval('public.messages_id_seq', 47, true);
SELECT pg_catalog.setval('public.warehouse_feed_position_seq', 2, true);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.dispatches
    ADD CONSTRAINT dispatches_pkey PRIMARY KEY (order_id);
ALTER TABLE ONLY public.execution_history
    ADD CONSTRAINT execution_history_pkey PRIMARY KEY (execution_id, attempt, sequence);
ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invoice_series
    ADD CONSTRAINT invoice_series_pkey PRIMARY KEY (series, year);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (order_id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_series_year_number_key UNIQUE (series, year, number);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.order_events
    ADD CONSTRAINT order_events_pkey PRIMARY KEY (order_id, sequence);
ALTER TABLE ONLY public.order_search
    ADD CONSTRAINT order_search_pkey PRIMARY KEY (order_id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_authorization_id_key UNIQUE (authorization_id);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_key_key UNIQUE (key);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (order_id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (sku);
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (sku, warehouse);
ALTER TABLE ONLY public.stock_receipts
    ADD CONSTRAINT stock_receipts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_customer_key_key UNIQUE (customer, key);
ALTER TABLE ONLY public.submissions
    ADD CONSTRAINT submissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sweeps
    ADD CONSTRAINT sweeps_pkey PRIMARY KEY (order_id, what);
ALTER TABLE ONLY public.warehouse_feed
    ADD CONSTRAINT warehouse_feed_order_id_sequence_warehouse_key UNIQUE (order_id, sequence, warehouse);
ALTER TABLE ONLY public.warehouse_feed
    ADD CONSTRAINT warehouse_feed_pkey PRIMARY KEY (warehouse, "position");
ALTER TABLE ONLY sandbox.payment_intents
    ADD CONSTRAINT payment_intents_id_key UNIQUE (id);
ALTER TABLE ONLY sandbox.payment_intents
    ADD CONSTRAINT payment_intents_pkey PRIMARY KEY (key);
CREATE INDEX executions_due ON public.executions USING btree (wake_at) WHERE ((status = 'running'::text) AND (instance IS NULL));
CREATE INDEX executions_in_hand ON public.executions USING btree (instance) WHERE ((status = 'running'::text) AND (instance IS NOT NULL));
CREATE INDEX invoices_unstored ON public.invoices USING btree (order_id) WHERE (stored_at IS NULL);
CREATE INDEX messages_due ON public.messages USING btree (queue, visible_at, id);
CREATE INDEX messages_in_hand ON public.messages USING btree (instance) WHERE (instance IS NOT NULL);
CREATE INDEX order_search_by_word ON public.order_search USING gin (document);
CREATE INDEX orders_closed ON public.orders USING btree (updated_at) WHERE (status = ANY (ARRAY['rejected'::text, 'cancelled'::text]));
CREATE INDEX orders_holding_stock ON public.orders USING btree (reserved_until) WHERE (status = ANY (ARRAY['reserved'::text, 'in_review'::text]));
CREATE INDEX orders_newest_first ON public.orders USING btree (customer, id DESC);
CREATE INDEX orders_to_cancel ON public.orders USING btree (cancel_requested_at) WHERE ((cancel_requested_at IS NOT NULL) AND (status = ANY (ARRAY['reserved'::text, 'in_review'::text, 'confirmed'::text])));
CREATE INDEX orders_to_invoice ON public.orders USING btree (updated_at) WHERE ((status = 'confirmed'::text) AND (NOT invoiced));
CREATE INDEX products_by_sku_bytes ON public.products USING btree (sku COLLATE "C");
CREATE INDEX products_by_trigram ON public.products USING gin (trigrams);
CREATE INDEX stock_receipts_by_sku ON public.stock_receipts USING btree (sku, warehouse);
CREATE INDEX submissions_by_age ON public.submissions USING brin (accepted_at);
CREATE INDEX submissions_newest_first ON public.submissions USING btree (customer, id DESC);
CREATE TRIGGER wake_redriven AFTER UPDATE ON public.messages FOR EACH ROW WHEN (((old.queue ~~ '%-dlq'::text) AND (new.queue <> old.queue))) EXECUTE FUNCTION public.wake_redriven();
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.invoices
    ADD CONSTRAINT invoices_series_year_fkey FOREIGN KEY (series, year) REFERENCES public.invoice_series(series, year);
ALTER TABLE ONLY public.order_events
    ADD CONSTRAINT order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);
ALTER TABLE ONLY public.stock_receipts
    ADD CONSTRAINT stock_receipts_sku_fkey FOREIGN KEY (sku) REFERENCES public.products(sku);
ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_sku_fkey FOREIGN KEY (sku) REFERENCES public.products(sku);
