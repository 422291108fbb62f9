-- name: notice_bundle_more
-- $1 user, $2 day, $3 bundle, $4 now, $5 title
UPDATE notice SET count = count + 1, at_us = $4, read_us = NULL, title = $5
 WHERE user_id = $1 AND day = $2 AND bundle = $3
RETURNING id;

-- name: notice_count_day
SELECT COUNT(*) AS n FROM notice WHERE user_id = $1 AND day = $2;

-- name: notice_insert
INSERT INTO notice (id, user_id, day, bundle, kind, at_us, count, record_id, object, page, title)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10)
ON CONFLICT (user_id, day, bundle) DO NOTHING;

-- name: notice_page
SELECT id, kind, at_us, read_us, count, record_id, object, page, title FROM notice
 WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3;

-- name: notice_unread
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM notice WHERE user_id = $1 AND read_us IS NULL LIMIT 1000) x;

-- name: notice_read
UPDATE notice SET read_us = $3 WHERE id = $1 AND user_id = $2 AND read_us IS NULL RETURNING id;

-- name: notice_exists
SELECT id FROM notice WHERE id = $1 AND user_id = $2;
