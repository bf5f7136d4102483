//! Brings the schema up to date: numbered files of plain statements, each applied once, never changed afterwards.

use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;

/// Every migration, in order.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001.sql"),
    include_str!("../../../migrations/sqlite/0002.sql"),
    include_str!("../../../migrations/sqlite/0003.sql"),
    include_str!("../../../migrations/sqlite/0004.sql"),
    include_str!("../../../migrations/sqlite/0005.sql"),
    include_str!("../../../migrations/sqlite/0006.sql"),
];

pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *tx).await?.try_get(0)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in &MIGRATIONS[usize::try_from(found).unwrap_or(0)..] {
        for statement in statements(migration) {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
    }
    if found < known {
        sqlx::query(AssertSqlSafe(format!("PRAGMA user_version = {known}"))).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The statements of a file, comments left out.
pub(super) fn statements(file: &str) -> Vec<String> {
    let lines = file.lines().filter(|line| !line.trim_start().starts_with("--"));
    let text: Vec<&str> = lines.collect();
    text.join("\n").split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables that belong to no store.
    const SHARED: [&str; 2] = ["users", "sessions"];

    #[test]
    fn the_schema_can_be_spread_by_store() {
        for statement in MIGRATIONS.iter().flat_map(|file| statements(file)) {
            let upper = statement.to_uppercase();
            for forbidden in [
                "AUTOINCREMENT",
                "SERIAL",
                "IDENTITY",
                "TRIGGER",
                "PROCEDURE",
                "MERGE",
                "DEFERRABLE",
                "EXCLUDE",
                "REAL",
                "FLOAT",
                "DOUBLE",
                "NUMERIC",
                "REFERENCES",
                "DROP ",
            ] {
                assert!(!upper.contains(forbidden), "{forbidden} in {statement}");
            }
            if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
                let name = rest.split_whitespace().next().unwrap();
                assert!(upper.contains("PRIMARY KEY ("), "{name} has no key");
                if SHARED.contains(&name) {
                    continue;
                }
                for key in ["PRIMARY KEY (", "UNIQUE ("] {
                    for (at, _) in statement.match_indices(key) {
                        let columns = &statement[at + key.len()..];
                        assert!(columns.starts_with("store_id"), "{name}: {key}{columns}");
                    }
                }
            } else if upper.starts_with("CREATE UNIQUE INDEX") {
                panic!("a unique key belongs into its table: {statement}");
            } else if let Some(target) = statement.strip_prefix("INSERT INTO ") {
                // A new rollup is filled from what it sums up, within the store.
                assert!(target.contains("\nSELECT store_id, "), "a rollup is filled by store: {statement}");
                assert!(upper.contains("GROUP BY STORE_ID, "), "a rollup is filled by store: {statement}");
            } else {
                assert!(upper.starts_with("CREATE INDEX"), "one kind of statement a step: {statement}");
            }
        }
    }

    #[test]
    fn every_upsert_names_the_store_first() {
        let sources = [
            include_str!("contact.rs"),
            include_str!("enrol.rs"),
            include_str!("heads.rs"),
            include_str!("ingest.rs"),
            include_str!("line.rs"),
            include_str!("vault.rs"),
            include_str!("write.rs"),
        ];
        let mut seen = 0;
        for source in sources {
            for (at, target) in source.match_indices("ON CONFLICT (") {
                assert!(source[at + target.len()..].starts_with("store_id"), "{}", &source[at..at + 60]);
                seen += 1;
            }
            assert!(!source.to_uppercase().contains("OR REPLACE"), "an upsert is an ON CONFLICT");
        }
        assert!(seen >= 6, "the sources are still where the upserts are, found {seen}");
    }
}
