-- What was given beside a transaction for whoever served, negative where it was given back. No part of its tenders.
CREATE TABLE transaction_tips (
    store_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (store_id, transaction_id, position)
);
