-- name: dump_tasks
-- plan: scan
SELECT t.record_id, t.object, t.title, t.page, t.step, t.stage, t.kind, t.owed_by, t.role, t.opened_us, t.due_us,
       t.closed_us, t.closed_as, t.priority, t.not_before_us
  FROM task t ORDER BY t.id;

-- name: dump_runs
-- plan: scan
SELECT record_id, object, workflow, stage, stage_entered_us, started_us, ended_us, end_name FROM run ORDER BY id;

-- name: dump_breaches
-- plan: scan
SELECT record_id, object, page, rule, owed_by, at_us, due_us, met_us, cause, count_seen, count_due, clock_us
  FROM breach ORDER BY at_us, id;

-- name: check_timer_task
-- Timers whose task is closed or gone
-- plan: scan
SELECT m.name FROM timer m WHERE m.kind = 'task'
   AND NOT EXISTS (SELECT 1 FROM task t WHERE t.id = m.ref_id AND t.closed_us IS NULL) ORDER BY m.name LIMIT 100;

-- name: check_timer_policy
-- plan: scan
SELECT m.name FROM timer m WHERE m.kind = 'policy'
   AND NOT EXISTS (SELECT 1 FROM policy_state s WHERE s.record_id = m.record_id AND s.page = m.page AND s.state = 'running')
 ORDER BY m.name LIMIT 100;

-- name: check_state_timer
-- plan: scan
SELECT s.page, s.record_id FROM policy_state s WHERE s.state = 'running' AND s.due_us IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM timer m WHERE m.name = 'policy:' || s.page || ':' || CAST(s.record_id AS TEXT))
 ORDER BY s.page, s.record_id LIMIT 100;

-- name: check_task_nobody
-- plan: scan
SELECT id FROM task WHERE closed_us IS NULL AND owed_by IS NULL AND (role IS NULL OR role = '') ORDER BY id LIMIT 100;

-- name: check_task_run
-- plan: scan
SELECT t.id FROM task t WHERE t.closed_us IS NULL AND t.run_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM run r WHERE r.id = t.run_id AND r.ended_us IS NULL) ORDER BY t.id LIMIT 100;

-- name: check_task_step_timer
-- A mandatory step that is still to fall due and has no timer
-- plan: scan
SELECT t.id FROM task t WHERE t.closed_us IS NULL AND t.kind = 'step' AND t.optional = 0 AND t.due_us IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM timer m WHERE m.name = 'task:' || CAST(t.id AS TEXT))
   AND NOT EXISTS (SELECT 1 FROM breach b WHERE b.task_id = t.id) ORDER BY t.id LIMIT 100;

-- name: check_open_objects
-- plan: scan
SELECT DISTINCT object FROM task WHERE closed_us IS NULL ORDER BY object;
