-- name: policy_state_get
SELECT state, clock_us, due_us, owed_by, owner_id, role, task_id, breach_id FROM policy_state
 WHERE record_id = $1 AND page = $2;

-- name: policy_state_put
INSERT INTO policy_state (record_id, page, object, state, clock_us, due_us, owed_by, owner_id, role, task_id, breach_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (record_id, page) DO UPDATE SET state = EXCLUDED.state, clock_us = EXCLUDED.clock_us,
    due_us = EXCLUDED.due_us, owed_by = EXCLUDED.owed_by, owner_id = EXCLUDED.owner_id, role = EXCLUDED.role,
    task_id = EXCLUDED.task_id, breach_id = EXCLUDED.breach_id;

-- name: policy_state_drop
DELETE FROM policy_state WHERE record_id = $1 AND page = $2;

-- name: policy_state_drop_record
DELETE FROM policy_state WHERE record_id = $1;

-- name: policy_state_pages
SELECT page FROM policy_state WHERE record_id = $1 ORDER BY page;

-- name: policy_state_drop_page
DELETE FROM policy_state WHERE page = $1;

-- name: policy_state_batch
-- Records with a clock of this policy, in order; $2 after
SELECT record_id FROM policy_state WHERE page = $1 AND record_id > $2 ORDER BY record_id LIMIT $3;

-- name: policy_task_batch
SELECT id FROM task WHERE page = $1 AND closed_us IS NULL AND id > $2 ORDER BY id LIMIT $3;

-- name: policy_task_count
SELECT COUNT(*) AS n FROM task WHERE page = $1 AND closed_us IS NULL;

-- name: policy_on_get
SELECT mode, on_us, manual_version FROM policy_on WHERE page = $1;

-- name: policy_on_put
INSERT INTO policy_on (page, mode, on_us, manual_version) VALUES ($1, $2, $3, $4)
ON CONFLICT (page) DO UPDATE SET mode = EXCLUDED.mode, manual_version = EXCLUDED.manual_version;

-- name: policy_on_drop
DELETE FROM policy_on WHERE page = $1;
