-- One person signs one request in one window at a time. What an ended service left running is given up first.
UPDATE signing_attempt SET state = 'failed', code = 'server_error', cause = 'SIGNING_ATTEMPT_LOST'
    WHERE state IN ('checking', 'signing', 'finishing');
CREATE UNIQUE INDEX signing_attempt_running ON signing_attempt (request_id, person_id)
    WHERE state IN ('checking', 'signing', 'finishing');
