-- What was tolerated of a missing status when the card of a session was read: an application that does not tolerate it
-- asks for the card again.
ALTER TABLE session ADD COLUMN tolerance TEXT NOT NULL DEFAULT 'hard_fail';
