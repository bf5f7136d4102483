-- What leaves stock with an order as a part of a bundle.
CREATE TABLE order_parts (
    store_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (store_id, order_id, position)
);
