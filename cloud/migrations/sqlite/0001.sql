-- One statement a step, additive only. Every table of a store has store_id first in its key, so that the same schema can be
-- spread over several servers; money is minor units, quantities thousandths, unit prices 1/10000, times milliseconds UTC.

CREATE TABLE stores (
    store_id TEXT NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    cut_over_minutes BIGINT NOT NULL,
    prices_include_tax BIGINT NOT NULL,
    legal_name TEXT NOT NULL,
    address TEXT NOT NULL,
    tax_id TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id)
);

CREATE TABLE claims (
    store_id TEXT NOT NULL,
    code_hash BLOB NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT,
    used_by_hub TEXT,
    used_key BLOB,
    PRIMARY KEY (store_id, code_hash)
);

CREATE INDEX claims_by_code ON claims (code_hash);

CREATE TABLE hubs (
    store_id TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    public_key BLOB NOT NULL,
    software TEXT NOT NULL,
    enrolled_at_ms BIGINT NOT NULL,
    retired_at_ms BIGINT,
    refused_at_ms BIGINT,
    PRIMARY KEY (store_id, hub_id)
);

CREATE TABLE epochs (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    epoch_id TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    parent_order BIGINT,
    parent_seq BIGINT NOT NULL,
    parent_hash BLOB NOT NULL,
    last_seq BIGINT NOT NULL,
    last_hash BLOB NOT NULL,
    last_recorded_at_ms BIGINT,
    forked BIGINT NOT NULL,
    is_open BIGINT NOT NULL,
    registered_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order),
    UNIQUE (store_id, epoch_id)
);

CREATE TABLE journal (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    record_epoch TEXT NOT NULL,
    hash BLOB NOT NULL,
    payload BLOB NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order, seq)
);

CREATE TABLE quarantine (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    reason TEXT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order, seq)
);

CREATE TABLE contact (
    store_id TEXT NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    epoch_id TEXT NOT NULL,
    head_seq BIGINT NOT NULL,
    backlog BIGINT NOT NULL,
    oldest_unsent_ms BIGINT,
    tills_up BIGINT NOT NULL,
    tills_known BIGINT NOT NULL,
    clock_offset_ms BIGINT NOT NULL,
    software TEXT NOT NULL,
    control_seq BIGINT,
    control_transactions BIGINT,
    control_gross BIGINT,
    control_net BIGINT,
    control_state TEXT NOT NULL,
    PRIMARY KEY (store_id)
);

CREATE TABLE tills (
    store_id TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (store_id, terminal_id)
);

CREATE TABLE orders (
    store_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    state TEXT NOT NULL,
    channel TEXT NOT NULL,
    training BIGINT NOT NULL,
    terminal_id TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    placed_at_ms BIGINT NOT NULL,
    currency TEXT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (store_id, order_id)
);

CREATE TABLE document_lines (
    store_id TEXT NOT NULL,
    document_id TEXT NOT NULL,
    line_number BIGINT NOT NULL,
    position BIGINT NOT NULL,
    sku TEXT NOT NULL,
    description TEXT NOT NULL,
    unit TEXT NOT NULL,
    carries_stock BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    extended BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    net BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    tax_class TEXT NOT NULL,
    tax_rates TEXT NOT NULL,
    voided BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (store_id, document_id, position)
);

CREATE TABLE transactions (
    store_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    training BIGINT NOT NULL,
    receipt TEXT NOT NULL,
    terminal_id TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    shift_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    local_hour BIGINT NOT NULL,
    occurred_at_ms BIGINT NOT NULL,
    recorded_at_ms BIGINT NOT NULL,
    order_id TEXT,
    original_id TEXT,
    document_id TEXT,
    tax_basis TEXT NOT NULL,
    currency TEXT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    due BIGINT NOT NULL,
    rounding BIGINT NOT NULL,
    change_given BIGINT NOT NULL,
    reason TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (store_id, transaction_id)
);

CREATE INDEX transactions_latest ON transactions (store_id, recorded_at_ms, transaction_id);

CREATE INDEX transactions_by_original ON transactions (store_id, original_id);

CREATE INDEX transactions_by_order ON transactions (store_id, order_id);

CREATE TABLE transaction_taxes (
    store_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    code TEXT NOT NULL,
    rate_millionths BIGINT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    PRIMARY KEY (store_id, transaction_id, position)
);

CREATE TABLE transaction_tenders (
    store_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (store_id, transaction_id, position)
);

CREATE TABLE trail (
    store_id TEXT NOT NULL,
    document_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    event_number BIGINT NOT NULL,
    event TEXT NOT NULL,
    recorded_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, document_id, epoch_order, seq, event_number)
);

CREATE TABLE stock (
    store_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    description TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    adjusted BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    PRIMARY KEY (store_id, sku)
);

CREATE TABLE sales_hourly (
    store_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    local_hour BIGINT NOT NULL,
    currency TEXT NOT NULL,
    sales BIGINT NOT NULL,
    returns BIGINT NOT NULL,
    post_voids BIGINT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    PRIMARY KEY (store_id, business_date, local_hour, currency)
);

CREATE TABLE sales_daily (
    store_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    sales BIGINT NOT NULL,
    returns BIGINT NOT NULL,
    post_voids BIGINT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    PRIMARY KEY (store_id, business_date, currency)
);

CREATE TABLE users (
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    all_stores BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id),
    UNIQUE (name)
);

CREATE TABLE user_stores (
    store_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (store_id, user_id)
);

CREATE TABLE sessions (
    token_hash BLOB NOT NULL,
    user_id TEXT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (token_hash)
);
