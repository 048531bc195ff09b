-- What the job that takes old log-ins away looks for, without reading what it leaves.
CREATE INDEX session_by_last_use ON session (seen_at);
CREATE INDEX login_grant_with_number ON login_grant (created_at) WHERE number IS NOT NULL;
