-- Signed heads, the sealed vault, when each epoch was last heard of, and turnover by epoch: what each branch of a fork sold.

CREATE TABLE heads (
    store_id TEXT NOT NULL,
    epoch_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    signature BLOB NOT NULL,
    hub_id TEXT NOT NULL,
    public_key BLOB NOT NULL,
    hash BLOB NOT NULL,
    signed_at_ms BIGINT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (store_id, epoch_id, seq, signature)
);

CREATE INDEX heads_by_state ON heads (store_id, state, seq);

CREATE INDEX heads_by_seq ON heads (store_id, seq);

CREATE TABLE vaults (
    store_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    hub_id TEXT NOT NULL,
    kept_at_ms BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (store_id)
);

CREATE TABLE epoch_contact (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seen_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order)
);

CREATE TABLE sales_by_epoch (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    currency TEXT NOT NULL,
    sales BIGINT NOT NULL,
    returns BIGINT NOT NULL,
    post_voids BIGINT NOT NULL,
    net BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order, currency)
);

CREATE INDEX transactions_by_position ON transactions (store_id, epoch_order, seq);

INSERT INTO sales_by_epoch
SELECT store_id, epoch_order, currency,
    COUNT(CASE WHEN kind = 'sale' THEN 1 END),
    COUNT(CASE WHEN kind = 'return' THEN 1 END),
    COUNT(CASE WHEN kind = 'post_void' THEN 1 END),
    SUM(net), SUM(tax), SUM(gross), SUM(discount)
FROM transactions
WHERE training = 0 AND kind IN ('sale', 'return', 'post_void')
GROUP BY store_id, epoch_order, currency;
