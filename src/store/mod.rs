//! All SQL and all blobs: domain types in and out, never rows. SQLite and PostgreSQL, one SQL text.
