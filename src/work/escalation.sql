-- name: escalation_insert
INSERT INTO escalation_run (id, page, record_id, object, started_us, started_by, cause, level, level_us, note,
                            manual_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, -1, $5, $8, $9)
ON CONFLICT (cause) WHERE ended_us IS NULL DO NOTHING;

-- name: escalation_by_cause
SELECT id FROM escalation_run WHERE cause = $1 AND ended_us IS NULL;

-- name: escalation_by_id
SELECT id, page, record_id, object, started_us, started_by, cause, level, level_us, who, acknowledged_us,
       acknowledged_by, ended_us, note, answer, manual_version
  FROM escalation_run WHERE id = $1;

-- name: escalation_by_record
SELECT id, page, record_id, object, started_us, started_by, cause, level, level_us, who, acknowledged_us,
       acknowledged_by, ended_us, note, answer, manual_version
  FROM escalation_run WHERE record_id = $1 ORDER BY id DESC LIMIT 100;

-- name: escalation_open_by_record
SELECT id FROM escalation_run WHERE record_id = $1 AND ended_us IS NULL ORDER BY id;

-- name: escalation_level
UPDATE escalation_run SET level = $2, level_us = $3, who = $4 WHERE id = $1;

-- name: escalation_ack
UPDATE escalation_run SET acknowledged_us = $2, acknowledged_by = $3, ended_us = $2, answer = $4
 WHERE id = $1 AND ended_us IS NULL RETURNING id;

-- name: escalation_end
UPDATE escalation_run SET ended_us = $2, answer = $3 WHERE id = $1 AND ended_us IS NULL;

-- name: escalation_call_insert
INSERT INTO escalation_call (escalation_id, level, name, at_us, who, instead_of, how, task_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: escalation_calls
SELECT level, name, at_us, who, instead_of, how, task_id FROM escalation_call WHERE escalation_id = $1 ORDER BY level;
