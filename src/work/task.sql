-- name: task_insert
INSERT INTO task (id, record_id, object, title, page, step, kind, run_id, owed_by, team, role, opened_us, due_us, note,
                  version, manual_version, priority, not_before_us, by_user, stage, optional, cause)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18, $19, $20, $21)
ON CONFLICT (cause) WHERE closed_us IS NULL DO NOTHING;

-- name: task_open_by_cause
SELECT id FROM task WHERE cause = $1 AND closed_us IS NULL;

-- name: task_close
-- $1 task, $2 as, $3 note (NULL: keep), $4 now
UPDATE task SET closed_as = $2, note = COALESCE($3, note), closed_us = $4, version = version + 1
 WHERE id = $1 AND closed_us IS NULL
RETURNING record_id, object, page, step, kind, owed_by, role, opened_us, due_us, optional;

-- name: task_move
-- $1 task, $2 person, $3 role, $4 team, $5 due
UPDATE task SET owed_by = $2, role = $3, team = $4, due_us = $5, version = version + 1
 WHERE id = $1 AND closed_us IS NULL;

-- name: task_postpone
UPDATE task SET not_before_us = $2, due_us = $3, version = version + 1 WHERE id = $1 AND closed_us IS NULL;

-- name: task_wait
-- $1 task, $2 not shown before
UPDATE task SET not_before_us = $2, version = version + 1 WHERE id = $1 AND closed_us IS NULL;

-- name: task_note
UPDATE task SET note = $2, version = version + 1 WHERE id = $1;

-- name: task_by_id
SELECT t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, t.team, t.role, t.opened_us,
       t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, t.priority, t.not_before_us, t.by_user,
       t.stage, t.optional, t.cause
  FROM task t WHERE t.id = $1;

-- name: task_by_run
SELECT t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, t.team, t.role, t.opened_us,
       t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, t.priority, t.not_before_us, t.by_user,
       t.stage, t.optional, t.cause
  FROM task t WHERE t.run_id = $1 ORDER BY t.id;

-- name: task_open_by_record
SELECT t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, t.team, t.role, t.opened_us,
       t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, t.priority, t.not_before_us, t.by_user,
       t.stage, t.optional, t.cause
  FROM task t WHERE t.record_id = $1 AND t.closed_us IS NULL ORDER BY t.id;

-- name: task_day_owed
-- $1 person, $2 now, $3 limit
SELECT t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, t.team, t.role, t.opened_us,
       t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, t.priority, t.not_before_us, t.by_user,
       t.stage, t.optional, t.cause
  FROM task t
 WHERE t.owed_by = $1 AND t.closed_us IS NULL AND (t.not_before_us IS NULL OR t.not_before_us <= $2)
 ORDER BY t.due_us NULLS LAST, t.id LIMIT $3;

-- name: task_day_role
-- $1 role, $2 now, $3 limit: what nobody in particular owes
SELECT t.id, t.record_id, t.object, t.title, t.page, t.step, t.kind, t.run_id, t.owed_by, t.team, t.role, t.opened_us,
       t.due_us, t.closed_us, t.closed_as, t.note, t.version, t.manual_version, t.priority, t.not_before_us, t.by_user,
       t.stage, t.optional, t.cause
  FROM task t
 WHERE t.role = $1 AND t.owed_by IS NULL AND t.closed_us IS NULL
   AND (t.not_before_us IS NULL OR t.not_before_us <= $2)
 ORDER BY t.due_us NULLS LAST, t.id LIMIT $3;

-- name: task_day_done
-- $1 person, $2 from
SELECT COUNT(*) AS n FROM task WHERE owed_by = $1 AND closed_us IS NOT NULL AND closed_us >= $2 AND closed_as = 'done';

-- name: task_day_later
-- $1 person, $2 now: put off until later
SELECT COUNT(*) AS n FROM task WHERE owed_by = $1 AND closed_us IS NULL AND not_before_us > $2;

-- name: task_owed_records
-- $1 person, $2 after, $3 limit: records on which they owe something
SELECT DISTINCT record_id, object FROM task WHERE owed_by = $1 AND closed_us IS NULL AND record_id > $2
 ORDER BY record_id LIMIT $3;
