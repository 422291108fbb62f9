-- name: notice_bundle_id
-- $1 user, $2 day, $3 bundle
SELECT id FROM notice WHERE user_id = $1 AND day = $2 AND bundle = $3;

-- name: notice_bundle_more
-- $1 id, $2 so many more, $3 now, $4 title, $5 record, $6 object: those of the newest, together
-- What was put off stays so, but for a call for help.
UPDATE notice SET count = count + $2, at_us = $3, read_us = NULL, title = $4, record_id = $5, object = $6,
       later_us = CASE WHEN kind = 'escalation' THEN NULL ELSE later_us END
 WHERE id = $1;

-- name: notice_count_day
SELECT COUNT(*) AS n FROM notice WHERE user_id = $1 AND day = $2;

-- name: notice_insert
INSERT INTO notice (id, user_id, day, bundle, kind, at_us, count, record_id, object, page, title)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10)
ON CONFLICT (user_id, day, bundle) DO NOTHING;

-- name: notice_page
-- $1 user, $2 before this id, $3 limit, $4 now in us
SELECT id, kind, at_us, read_us, later_us, count, record_id, object, page, title FROM notice
 WHERE user_id = $1 AND id < $2 AND (later_us IS NULL OR later_us <= $4) ORDER BY id DESC LIMIT $3;

-- name: notice_page_later
-- $1 user, $2 before this id, $3 limit, $4 now in us: those that were put off
SELECT id, kind, at_us, read_us, later_us, count, record_id, object, page, title FROM notice
 WHERE user_id = $1 AND id < $2 AND later_us > $4 ORDER BY id DESC LIMIT $3;

-- name: notice_unread
-- $1 user, $2 now in us
SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM notice
                            WHERE user_id = $1 AND read_us IS NULL AND (later_us IS NULL OR later_us <= $2) LIMIT 1000) x;

-- name: notice_read
-- $1 id, $2 user, $3 now in us
UPDATE notice SET read_us = $3, later_us = NULL WHERE id = $1 AND user_id = $2 AND read_us IS NULL;

-- name: notice_later
-- $1 id, $2 user, $3 until
UPDATE notice SET later_us = $3, read_us = NULL WHERE id = $1 AND user_id = $2;

-- name: notice_exists
SELECT id FROM notice WHERE id = $1 AND user_id = $2;
