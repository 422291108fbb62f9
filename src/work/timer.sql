-- name: timer_set
INSERT INTO timer (name, id, due_us, kind, page, record_id, ref_id, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO UPDATE SET due_us = EXCLUDED.due_us, ref_id = EXCLUDED.ref_id, note = EXCLUDED.note;

-- name: timer_drop
DELETE FROM timer WHERE name = $1;

-- name: timer_drop_record
DELETE FROM timer WHERE record_id = $1;

-- name: timer_drop_page
DELETE FROM timer WHERE page = $1;

-- name: timer_due
-- $1 now, $2 limit
SELECT name, id, due_us, kind, page, record_id, ref_id, note FROM timer WHERE due_us <= $1 ORDER BY due_us, id LIMIT $2;

-- name: timer_next
SELECT due_us FROM timer ORDER BY due_us, id LIMIT 1;

-- name: engine_state_get
SELECT value FROM engine_state WHERE name = $1;

-- name: engine_state_put
INSERT INTO engine_state (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value;
