-- name: breach_insert
INSERT INTO breach (id, record_id, object, page, rule, task_id, owed_by, at_us, due_us, manual_version, version,
                    count_seen, count_due, clock_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13)
ON CONFLICT (record_id, page, rule, clock_us) DO NOTHING;

-- name: breach_records
-- $1 page, $2 rule, $3 start of the clock, $4 after this record, $5 up to this one. A breach is later than its clock's start.
SELECT record_id FROM breach
 WHERE page = $1 AND at_us >= $3 AND clock_us = $3 AND rule = $2 AND record_id > $4 AND record_id <= $5
 ORDER BY record_id;

-- name: breach_met
UPDATE breach SET met_us = $2, version = version + 1 WHERE id = $1 AND met_us IS NULL;

-- name: breach_task_met
UPDATE breach SET met_us = $2, version = version + 1 WHERE task_id = $1 AND met_us IS NULL;

-- name: breach_by_id
SELECT id, record_id, object, page, rule, owed_by, cause, version FROM breach WHERE id = $1;

-- name: breach_put_cause
UPDATE breach SET cause = $2, comment = $3, version = version + 1 WHERE id = $1;

-- name: policy_week_add
INSERT INTO policy_week (page, week, passes, breaches) VALUES ($1, $2, $3, $4)
ON CONFLICT (page, week) DO UPDATE SET passes = policy_week.passes + EXCLUDED.passes,
                                       breaches = policy_week.breaches + EXCLUDED.breaches;

-- name: policy_week_sum
-- $1 page, $2 from week
SELECT CAST(COALESCE(SUM(passes), 0) AS BIGINT) AS passes, CAST(COALESCE(SUM(breaches), 0) AS BIGINT) AS breaches
  FROM policy_week WHERE page = $1 AND week >= $2;

-- name: policy_week_list
SELECT week, passes, breaches FROM policy_week WHERE page = $1 AND week >= $2 ORDER BY week;
