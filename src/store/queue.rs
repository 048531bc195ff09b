//! Jobs: work that runs without a visitor, each taken by one instance at a time.

use super::db::{Db, StoreError, Unit};
use crate::base::id::Id;
use crate::base::random::Random;
use crate::base::time::Timestamp;
use crate::id_kinds;

id_kinds! {
    /// Names one job.
    pub JobMark = "job",
}

/// The id of a job.
pub type JobId = Id<JobMark>;

crate::statements! {
    // WHY: the time of one that runs always changes, be it by a microsecond: DONE sees by it that it is wanted again.
    ADD = "INSERT INTO job (id, kind, subject, next_run_at, attempts) VALUES ($1, $2, $3, $4, 0) \
           ON CONFLICT (kind, subject) WHERE done_at IS NULL \
           DO UPDATE SET next_run_at = CASE WHEN excluded.next_run_at = job.next_run_at \
           THEN excluded.next_run_at + 1 ELSE excluded.next_run_at END WHERE job.locked_until IS NOT NULL";
    // WHY: the guard stands twice. Without the outer one two workers on PostgreSQL take the same job.
    TAKE = "UPDATE job SET locked_until = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM job \
            WHERE done_at IS NULL AND next_run_at <= $1 AND (locked_until IS NULL OR locked_until < $1) \
            ORDER BY next_run_at LIMIT 1) \
            AND done_at IS NULL AND next_run_at <= $1 AND (locked_until IS NULL OR locked_until < $1) \
            RETURNING id, kind, subject, next_run_at, attempts, locked_until";
    // WHY: whoever planned it while it ran may have come after it looked. It counts its attempts anew: this one went well.
    // WHY: the lock names its holder, for each is later than those before it. One that outlived its own says nothing of
    // the job that somebody else runs by now.
    DONE = "UPDATE job SET done_at = CASE WHEN next_run_at = $3 THEN CAST($2 AS BIGINT) ELSE NULL END, \
            locked_until = NULL, last_error = NULL, attempts = CASE WHEN next_run_at = $3 THEN attempts ELSE 0 END \
            WHERE id = $1 AND locked_until = $4";
    // WHY: whoever planned it while it ran may want it sooner.
    LATER = "UPDATE job SET next_run_at = CASE WHEN next_run_at <> $4 AND next_run_at < $2 THEN next_run_at \
             ELSE CAST($2 AS BIGINT) END, locked_until = NULL, last_error = $3 WHERE id = $1 AND locked_until = $5";
    OPEN = "SELECT COUNT(*) AS count FROM job WHERE done_at IS NULL AND kind = $1";
}

/// A job that was taken: nobody else runs it until its lock ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenJob {
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// On what: an id, or empty.
    pub subject: String,
    /// When it was due.
    pub run_at: Timestamp,
    /// How often it was taken, this time included.
    pub attempts: i64,
    /// Until when nobody else takes it: what its holder is known by.
    pub locked_until: Timestamp,
}

/// Plans a job as part of `unit`. An open one of the same kind and subject stays as it is; one that runs is run once more.
pub async fn plan(
    unit: &mut Unit,
    kind: &'static str,
    subject: &str,
    run_at: Timestamp,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let id = JobId::new(run_at, random);
    unit.run(ADD, &[id.into(), kind.into(), subject.into(), run_at.into()])
        .await
        .map(|_| ())
}

/// Takes the job that has been due longest, until `lock_until`.
pub async fn take(db: &Db, now: Timestamp, lock_until: Timestamp) -> Result<Option<TakenJob>, StoreError> {
    let rows = db.commit_alone(TAKE, &[now.into(), lock_until.into()]).await?;
    rows.first()
        .map(|row| {
            Ok(TakenJob {
                id: row.parsed("id")?,
                kind: row.text("kind")?,
                subject: row.text("subject")?,
                run_at: row.time("next_run_at")?,
                attempts: row.int("attempts")?,
                locked_until: row.time("locked_until")?,
            })
        })
        .transpose()
}

/// Marks a job as done, unless it was planned again since it was taken. Nothing happens to one that somebody else holds.
pub async fn finish(db: &Db, job: &TakenJob, now: Timestamp) -> Result<(), StoreError> {
    let values = [
        job.id.into(),
        now.into(),
        job.run_at.into(),
        job.locked_until.into(),
    ];
    db.commit_alone(DONE, &values).await.map(|_| ())
}

/// Puts a job back, to run again at `run_at`, or sooner where it was planned so since it was taken, with the cause code
/// of why it did not work. Nothing happens to one that somebody else holds.
pub async fn postpone(db: &Db, job: &TakenJob, run_at: Timestamp, cause: &str) -> Result<(), StoreError> {
    let values = [
        job.id.into(),
        run_at.into(),
        cause.into(),
        job.run_at.into(),
        job.locked_until.into(),
    ];
    db.commit_alone(LATER, &values).await.map(|_| ())
}

/// How many jobs of `kind` are open.
pub async fn open_count(db: &Db, kind: &'static str) -> Result<i64, StoreError> {
    db.one(OPEN, &[kind.into()])
        .await?
        .map_or(Ok(0), |row| Ok(row.int("count")?))
}
