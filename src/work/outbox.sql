-- name: outbox_insert
INSERT INTO outbox (id, kind, payload, once_key, due_us, attempts) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (once_key) DO NOTHING;

-- name: outbox_take
-- $1 now, $2 limit, $3 until when it is taken, $4 kind. Whoever dies with it in hand gives it back by doing nothing. Of two
-- takers at once the second waits for the first and looks at the rows again, so it repeats what makes an item free.
UPDATE outbox SET attempts = attempts + 1, due_us = $3
 WHERE id IN (SELECT o.id FROM outbox o
               WHERE o.done_us IS NULL AND o.failed_us IS NULL AND o.due_us <= $1 AND o.kind = $4
               ORDER BY o.due_us, o.id LIMIT $2)
   AND done_us IS NULL AND failed_us IS NULL AND due_us <= $1
RETURNING id, kind, payload, attempts;

-- name: outbox_next
-- $1 kind
SELECT due_us FROM outbox
 WHERE done_us IS NULL AND failed_us IS NULL AND due_us > 0 AND kind = $1 ORDER BY due_us, id LIMIT 1;

-- name: outbox_sent
-- $1 id, $2 now, $3 NULL, or why it was closed without being sent
UPDATE outbox SET done_us = $2, failed_us = NULL, error = $3 WHERE id = $1 AND done_us IS NULL;

-- name: outbox_again
-- $1 id, $2 not before, $3 error, $4 the attempt it was taken for: later ones belong to somebody else
UPDATE outbox SET due_us = $2, error = $3
 WHERE id = $1 AND attempts = $4 AND done_us IS NULL AND failed_us IS NULL;

-- name: outbox_back
-- $1 id, $2 now, $3 the attempt it was taken for
UPDATE outbox SET due_us = $2, attempts = attempts - 1
 WHERE id = $1 AND attempts = $3 AND done_us IS NULL AND failed_us IS NULL;

-- name: outbox_give_up
-- $1 id, $2 now, $3 error, $4 the attempt it was taken for
UPDATE outbox SET failed_us = $2, error = $3
 WHERE id = $1 AND attempts = $4 AND done_us IS NULL AND failed_us IS NULL;

-- name: outbox_late
-- $1 kind, $2 ids before that, $3 limit
SELECT id, kind, payload, attempts FROM outbox
 WHERE kind = $1 AND id < $2 AND done_us IS NULL AND failed_us IS NULL ORDER BY id LIMIT $3;

-- name: outbox_close_old
-- $1 kind, $2 due before that, $3 now, $4 why
UPDATE outbox SET done_us = $3, error = $4
 WHERE done_us IS NULL AND failed_us IS NULL AND due_us < $2 AND kind = $1;

-- name: outbox_prune
-- $1 ids before that
DELETE FROM outbox WHERE id < $1 AND (done_us IS NOT NULL OR failed_us IS NOT NULL);

-- name: outbox_waiting
-- $1 kind, $2 at most so many
SELECT COUNT(*) AS n, MIN(x.id) AS oldest
  FROM (SELECT id FROM outbox
         WHERE done_us IS NULL AND failed_us IS NULL AND due_us > 0 AND kind = $1 ORDER BY due_us, id LIMIT $2) x;

-- name: outbox_given_up
-- $1 kind, $2 limit
SELECT id, failed_us, attempts, error FROM outbox
 WHERE id > 0 AND failed_us IS NOT NULL AND kind = $1 ORDER BY id DESC LIMIT $2;
