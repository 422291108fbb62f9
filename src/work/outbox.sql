-- name: outbox_insert
INSERT INTO outbox (id, kind, payload, once_key, due_us, attempts) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (once_key) DO NOTHING;

-- name: outbox_take
-- $1 now, $2 limit, $3 until when it is taken. Whoever dies with it in hand gives it back by doing nothing.
UPDATE outbox SET attempts = attempts + 1, due_us = $3
 WHERE id IN (SELECT o.id FROM outbox o WHERE o.done_us IS NULL AND o.failed_us IS NULL AND o.due_us <= $1
               ORDER BY o.due_us, o.id LIMIT $2)
RETURNING id, kind, payload, attempts;

-- name: outbox_sent
UPDATE outbox SET done_us = $2, error = NULL WHERE id = $1 AND done_us IS NULL;

-- name: outbox_attempts
SELECT attempts FROM outbox WHERE id = $1 AND done_us IS NULL;

-- name: outbox_retry
UPDATE outbox SET due_us = $2, error = $3 WHERE id = $1 AND done_us IS NULL;

-- name: outbox_give_up
UPDATE outbox SET failed_us = $2, error = $3 WHERE id = $1 AND done_us IS NULL;
