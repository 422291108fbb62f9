-- name: customer_mail_insert
INSERT INTO customer_mail (id, activity_id, object, record_id, to_object, to_record, to_field, user_id, template, manual_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: customer_mail_written
-- $1 user, $2 ids from there on, $3 at most so many
SELECT COUNT(*) AS n FROM (SELECT id FROM customer_mail WHERE user_id = $1 AND id >= $2 ORDER BY id LIMIT $3) x;

-- name: customer_mail_by_id
SELECT id, activity_id, object, record_id, user_id FROM customer_mail WHERE id = $1;

-- name: customer_mail_sent
UPDATE customer_mail SET sent_us = $2 WHERE id = $1 AND sent_us IS NULL;

-- name: customer_mail_failed
UPDATE customer_mail SET failed_us = $2 WHERE id = $1 AND sent_us IS NULL AND failed_us IS NULL;

-- name: customer_mail_of_record
-- $1 record, $2 limit: about it, or to an address that stands on it; newest first
SELECT c.id, c.activity_id, c.user_id, c.sent_us, c.failed_us, o.error, o.done_us
  FROM (SELECT id FROM customer_mail WHERE record_id = $1
         UNION SELECT id FROM customer_mail WHERE to_record = $1
         ORDER BY id DESC LIMIT $2) x
  JOIN customer_mail c ON c.id = x.id
  LEFT JOIN outbox o ON o.once_key = 'customer-mail:' || c.id
 ORDER BY c.id DESC;
