//! Every limit of the uplink by name. Sender and receiver read the same ones.

/// The most records in one batch.
pub const BATCH_RECORDS_MAX: u32 = 5_000;

/// The most bytes of one batch as it travels, compressed.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The most bytes that a sender puts into one batch before compression. Incompressible bytes grow by far less than the
/// distance to [`BATCH_BYTES_MAX`], so a sender never has to compress twice.
pub const BATCH_RAW_BYTES_TARGET: usize = BATCH_BYTES_MAX - 128 * 1024;

/// The most bytes that a receiver unpacks from one batch, whatever the batch claims.
pub const BATCH_RAW_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most that one batch may grow when it is unpacked. Journals of shops compress by 3 to 12; a body that claims more
/// is not a journal.
pub const BATCH_RATIO_MAX: usize = 64;

/// The most bytes of one record's payload.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// The first wait after a failure, before jitter, in milliseconds.
pub const BACK_OFF_BASE_MS: u64 = 250;

/// The longest wait after failures, before jitter, in milliseconds.
pub const BACK_OFF_CAP_MS: u64 = 30_000;

/// The wait of a sender that was told to stop (fenced, or newer than the cloud), in milliseconds. It asks again, because
/// a person or an upgrade may have changed the answer.
pub const REFUSED_RETRY_MS: u64 = 60_000;

/// The longest `Retry-After` that a sender believes, in milliseconds.
pub const RETRY_AFTER_MAX_MS: u64 = 300_000;

/// An answer slower than this halves the next batch, in milliseconds.
pub const ANSWER_SLOW_MS: u64 = 2_000;

/// An answer faster than this doubles the next batch, in milliseconds.
pub const ANSWER_FAST_MS: u64 = 500;

/// The batch size that slow answers cannot push below.
pub const BATCH_RECORDS_MIN: u32 = 50;

/// The most epochs of one journal that a sender walks through. Each restore or replacement of a hub adds one.
pub const EPOCHS_MAX: usize = 10_000;
