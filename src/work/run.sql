-- name: run_insert
INSERT INTO run (id, record_id, object, workflow, manual_version, stage, stage_entered_us, started_us, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)
ON CONFLICT (record_id, workflow) WHERE ended_us IS NULL DO NOTHING;

-- name: run_by_id
SELECT id, record_id, object, workflow, manual_version, stage, stage_entered_us, started_us, ended_us, end_name, version
  FROM run WHERE id = $1;

-- name: run_by_record
SELECT id, record_id, object, workflow, manual_version, stage, stage_entered_us, started_us, ended_us, end_name, version
  FROM run WHERE record_id = $1 ORDER BY id;

-- name: run_open_batch
-- $1 workflow, $2 after, $3 limit
SELECT id, record_id, object, workflow, manual_version, stage, stage_entered_us, started_us, ended_us, end_name, version
  FROM run WHERE workflow = $1 AND ended_us IS NULL AND id > $2 ORDER BY id LIMIT $3;

-- name: run_open_count
SELECT COUNT(*) AS n FROM run WHERE workflow = $1 AND ended_us IS NULL;

-- name: run_enter
UPDATE run SET stage = $2, stage_entered_us = $3, version = version + 1 WHERE id = $1 AND ended_us IS NULL;

-- name: run_end
UPDATE run SET ended_us = $2, end_name = $3, version = version + 1 WHERE id = $1 AND ended_us IS NULL;
