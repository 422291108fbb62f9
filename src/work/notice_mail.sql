-- name: notice_mail_unread
-- $1 user, $2 now in us, $3 limit
SELECT kind, title, count, at_us, object, record_id, page FROM notice
 WHERE user_id = $1 AND read_us IS NULL AND (later_us IS NULL OR later_us <= $2) ORDER BY id DESC LIMIT $3;

-- name: notice_mail_read_us
-- $1 user, $2 day, $3 bundle
SELECT read_us FROM notice WHERE user_id = $1 AND day = $2 AND bundle = $3;

-- name: notice_mail_call
-- $1 record, $2 page of the escalation
SELECT r.id, r.started_by, r.note, r.who, r.ended_us, c.name AS level
  FROM escalation_run r LEFT JOIN escalation_call c ON c.escalation_id = r.id AND c.level = r.level
 WHERE r.record_id = $1 AND r.page = $2 ORDER BY r.id DESC LIMIT 1;

-- name: notice_mail_passes
-- $1 name of the escalation's timer
SELECT due_us FROM timer WHERE name = $1;
