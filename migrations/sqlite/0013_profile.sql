-- When the signatures of a document that several persons sign are raised to B-LTA: each, or all at the end.
ALTER TABLE board ADD COLUMN profile TEXT NOT NULL DEFAULT 'lta_each';
