-- name: who_open_count
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM task WHERE owed_by = $1 AND closed_us IS NULL LIMIT 1000) x;

-- name: absence_on
-- $1 user, $2 day. The newest entry speaks.
SELECT cover FROM absence WHERE user_id = $1 AND to_day >= $2 AND from_day <= $2 ORDER BY id DESC LIMIT 1;

-- name: absence_insert
INSERT INTO absence (id, user_id, from_day, to_day, cover) VALUES ($1, $2, $3, $4, $5);

-- name: absence_covered_by
-- Whom does $1 stand in for on day $2?
SELECT user_id FROM absence WHERE cover = $1 AND to_day >= $2 AND from_day <= $2 ORDER BY user_id;

-- name: absence_of_day
-- $1 day, $2 at most so many. Those who are away are few, and so are the entries of a company.
-- plan: scan
SELECT user_id, from_day, to_day, cover FROM absence WHERE to_day >= $1 AND from_day <= $1 ORDER BY id DESC LIMIT $2;
