//! Append-only, hash-chained events: who did what on which object with which result.
