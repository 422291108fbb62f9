-- name: idempotency_get
-- $1 id
SELECT request, status, etag, location, response FROM idempotency WHERE id = $1;

-- name: idempotency_put
-- $1 id, $2 request, $3 status, $4 etag, $5 location, $6 response, $7 now in us
INSERT INTO idempotency (id, request, status, etag, location, response, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: idempotency_clean
-- $1 older than that, in us
DELETE FROM idempotency WHERE at_us < $1;

-- name: events_after
-- $1 change id, $2 at most so many. One row per save and record.
SELECT id, save_id, record_id, object, kind FROM change WHERE id > $1 ORDER BY id LIMIT $2;

-- name: events_newest
SELECT MAX(id) AS id FROM change;
