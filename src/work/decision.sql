-- name: decision_insert
INSERT INTO decision (id, at_us, record_id, page, what, detail, by_user, manual_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: decision_prune
-- $1 older than; a bounded bite
DELETE FROM decision WHERE id IN (SELECT d.id FROM decision d WHERE d.at_us < $1 ORDER BY d.at_us, d.id LIMIT 500);

-- name: decision_of_record_page
SELECT at_us, page, what, detail, by_user, manual_version FROM decision
 WHERE record_id = $1 AND (page = $2 OR CAST($2 AS TEXT) = '') ORDER BY id DESC LIMIT $3;
