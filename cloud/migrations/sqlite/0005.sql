-- What managers changed at their stores without asking: HQ is to look at it.
CREATE TABLE store_changes (
    store_id TEXT NOT NULL,
    epoch_order BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    event_number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    recorded_at_ms BIGINT NOT NULL,
    PRIMARY KEY (store_id, epoch_order, seq, event_number)
);
