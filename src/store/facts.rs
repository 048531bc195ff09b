//! Facts of boards: added, never changed; read whole, because a snapshot answers from memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::db::{Db, StoreError, Unit};
use super::row::Row;
use crate::base::digest::Sha256Digest;
use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::identity::BoardId;
use crate::mandates::rules::RuleSet;
use crate::mandates::{Fact, FactId, ImportKind, NewFact, Register, Snapshot};

crate::statements! {
    INSERT = "INSERT INTO fact (id, board_id, kind, key, valid_from, valid_to, valid, recorded_at, supersedes, \
              source, evidence, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    OF_BOARD = "SELECT id, board_id, key, valid, recorded_at, supersedes, source, evidence, content FROM fact \
                WHERE board_id = $1 ORDER BY recorded_at, id";
    BY_ID = "SELECT id, board_id, key, valid, recorded_at, supersedes, source, evidence, content FROM fact \
             WHERE board_id = $1 AND id = $2";
    HEAD = "SELECT max(recorded_at) AS head, count(*) AS facts FROM fact WHERE board_id = $1";
    INSERT_IMPORT = "INSERT INTO fact_import (id, board_id, source, sha256, imported_at, accepted, rejected, report) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    IMPORTS = "SELECT id, source, sha256, imported_at, accepted, rejected, report FROM fact_import \
               WHERE board_id = $1 ORDER BY imported_at DESC, id DESC LIMIT 50";
}

/// One run of an import, with what it reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: Id<ImportKind>,
    /// The file or system.
    pub source: String,
    /// Fingerprint of what was read.
    pub sha256: Sha256Digest,
    /// When.
    pub imported_at: Timestamp,
    /// How many facts were added.
    pub accepted: i64,
    /// How many records were rejected.
    pub rejected: i64,
    /// The report, JSON.
    pub report: serde_json::Value,
}

/// Records `facts` for `board` in one unit and returns them as recorded.
///
/// All get one record time: `now`, or just after the latest one there when the clock stands behind it, so that no
/// answer about the past ever changes.
///
/// # Errors
/// `Conflict` when a corrected fact is corrected already.
pub async fn record(
    db: &Db,
    board: BoardId,
    facts: Vec<NewFact>,
    now: Timestamp,
    random: Arc<dyn Random>,
) -> Result<Vec<Fact>, StoreError> {
    db.write(move |unit| {
        let (facts, random) = (facts.clone(), random.clone());
        Box::pin(async move { record_in(unit, board, facts, now, &*random).await })
    })
    .await
}

/// [`record`] as part of `unit`.
pub async fn record_in(
    unit: &mut Unit,
    board: BoardId,
    facts: Vec<NewFact>,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Vec<Fact>, StoreError> {
    let head = unit.one(HEAD, &[board.into()]).await?;
    let latest = head
        .as_ref()
        .map(|row| row.optional_time("head"))
        .transpose()?
        .flatten();
    let recorded_at = match latest {
        Some(latest) if latest >= now => latest.plus(std::time::Duration::from_micros(1)),
        _ => now,
    };
    let mut recorded = Vec::with_capacity(facts.len());
    for fact in facts {
        let fact = fact.record(FactId::new(recorded_at, random), board, recorded_at);
        insert(unit, &fact).await?;
        recorded.push(fact);
    }
    Ok(recorded)
}

async fn insert(unit: &mut Unit, fact: &Fact) -> Result<(), StoreError> {
    let stated = &fact.stated;
    let values = [
        fact.id.into(),
        fact.board.into(),
        stated.content.kind().into(),
        stated.key.as_str().into(),
        stated.valid.start().into(),
        stated.valid.end().into(),
        json(&stated.valid).into(),
        fact.recorded_at.into(),
        stated.supersedes.into(),
        json(&stated.source).into(),
        json(&stated.evidence).into(),
        json(&stated.content).into(),
    ];
    unit.run_one(INSERT, &values).await
}

fn json<T: serde::Serialize>(value: &T) -> String {
    // INVARIANT: the parts of a fact are plain structures with text keys; an empty text would not read back.
    serde_json::to_string(value).unwrap_or_default()
}

/// Every fact of `board`, corrected ones too.
pub async fn register(db: &Db, board: BoardId) -> Result<Register, StoreError> {
    let facts = db
        .all(OF_BOARD, &[board.into()])
        .await?
        .iter()
        .map(read)
        .collect::<Result<Vec<Fact>, StoreError>>()?;
    Register::load(board, facts).map_err(|error| StoreError::Schema(error.to_string()))
}

/// One fact of `board`; another board's is not found.
pub async fn find(db: &Db, board: BoardId, id: FactId) -> Result<Option<Fact>, StoreError> {
    db.one(BY_ID, &[board.into(), id.into()])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Keeps what an import reported.
pub async fn keep_import(unit: &mut Unit, board: BoardId, import: &Import) -> Result<(), StoreError> {
    let values = [
        import.id.into(),
        board.into(),
        import.source.clone().into(),
        import.sha256.to_string().into(),
        import.imported_at.into(),
        import.accepted.into(),
        import.rejected.into(),
        import.report.to_string().into(),
    ];
    unit.run_one(INSERT_IMPORT, &values).await
}

/// The last fifty imports of `board`, newest first.
pub async fn imports(db: &Db, board: BoardId) -> Result<Vec<Import>, StoreError> {
    db.all(IMPORTS, &[board.into()])
        .await?
        .iter()
        .map(|row| {
            Ok(Import {
                id: row.parsed("id")?,
                source: row.text("source")?,
                sha256: Sha256Digest::from_hex(&row.text("sha256")?).ok_or(row.error("sha256"))?,
                imported_at: row.time("imported_at")?,
                accepted: row.int("accepted")?,
                rejected: row.int("rejected")?,
                report: row.json("report")?,
            })
        })
        .collect()
}

fn read(row: &Row) -> Result<Fact, StoreError> {
    Ok(Fact {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        recorded_at: row.time("recorded_at")?,
        stated: NewFact {
            key: row.parsed("key")?,
            valid: row.json("valid")?,
            source: row.json("source")?,
            evidence: row.json("evidence")?,
            supersedes: row.optional_parsed("supersedes")?,
            content: row.json("content")?,
        },
    })
}

/// The current snapshot of each board, built once and again when something was recorded. One per process.
#[derive(Debug)]
pub struct Snapshots {
    rules: Arc<RuleSet>,
    built: Mutex<HashMap<BoardId, (Head, Snapshot)>>,
}

/// Latest record time and number of facts: changes with every addition.
type Head = (Option<i64>, i64);

impl Snapshots {
    /// Nothing built yet; answers by `rules`.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            rules,
            built: Mutex::new(HashMap::new()),
        }
    }

    /// What `board` knows at `now`.
    ///
    /// One small read when nothing changed. Never stale: the head is read each time, so that a revocation counts at
    /// the next question.
    pub async fn current(&self, db: &Db, board: BoardId, now: Timestamp) -> Result<Snapshot, StoreError> {
        let head = self.head(db, board).await?;
        let known = self
            .built
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&board)
            .filter(|(known, _)| *known == head)
            .map(|(_, snapshot)| snapshot.clone());
        // A fact may be recorded just after `now` when the clock stands behind; it is known all the same.
        let now = match head.0.map(Timestamp::from_micros) {
            Some(Ok(latest)) => now.max(latest),
            _ => now,
        };
        if let Some(snapshot) = known {
            return Ok(snapshot.still_known_at(now));
        }
        let register = register(db, board).await?;
        let rules = self.rules.clone();
        // Above a millisecond for a large board, so not on the runtime's own threads.
        let snapshot = tokio::task::spawn_blocking(move || register.snapshot(now, rules))
            .await
            .map_err(|error| StoreError::Schema(error.to_string()))?;
        self.built
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(board, (head, snapshot.clone()));
        Ok(snapshot)
    }

    /// The rules it answers by.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules.clone()
    }

    async fn head(&self, db: &Db, board: BoardId) -> Result<Head, StoreError> {
        match db.one(HEAD, &[board.into()]).await? {
            Some(row) => Ok((row.optional_int("head")?, row.int("facts")?)),
            None => Ok((None, 0)),
        }
    }
}
