-- Every live transaction of an epoch, whatever its kind: what a hub's own sums are compared with.
CREATE TABLE transactions_by_epoch (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    transactions BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order)
);

INSERT INTO transactions_by_epoch
SELECT store_id, epoch_order, COUNT(*) FROM transactions WHERE training = 0 GROUP BY store_id, epoch_order;
