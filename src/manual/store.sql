-- name: manual_live_version
SELECT version FROM manual_live WHERE id = 1;

-- name: manual_live_set
-- $1 version, $2 the version it was. No row: somebody published meanwhile.
UPDATE manual_live SET version = $1 WHERE id = 1 AND version = $2 RETURNING version;

-- name: manual_version_put
INSERT INTO manual_version (number, author, at_us, reason, hash, n_pages) VALUES ($1, $2, $3, $4, $5, $6);

-- name: manual_version_last
SELECT COALESCE(MAX(number), 0) AS number FROM manual_version;

-- name: manual_version_one
SELECT number, author, at_us, reason, hash, n_pages FROM manual_version WHERE number = $1;

-- name: manual_version_list
-- plan: scan
SELECT number, author, at_us, reason, hash, n_pages FROM manual_version ORDER BY number DESC;

-- name: manual_text_put
INSERT INTO manual_text (hash, text) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;

-- name: manual_page_put
INSERT INTO manual_page (version, path, hash) VALUES ($1, $2, $3);

-- name: manual_page_list
-- $1 version: its pages, by path
SELECT p.path, p.hash, t.text FROM manual_page p JOIN manual_text t ON t.hash = p.hash WHERE p.version = $1 ORDER BY p.path;

-- name: manual_page_one
-- $1 version, $2 path
SELECT t.text FROM manual_page p JOIN manual_text t ON t.hash = p.hash WHERE p.version = $1 AND p.path = $2;

-- name: manual_page_hashes
-- plan: scan
-- $1 path, $2 version: the text of the page in this version and each later one; hash NULL: the page is not in it
SELECT v.number, p.hash FROM manual_version v LEFT JOIN manual_page p ON p.version = v.number AND p.path = $1
 WHERE v.number >= $2 ORDER BY v.number;

-- name: manual_seen_one
SELECT version FROM manual_seen WHERE user_id = $1;

-- name: manual_seen_put
-- $1 user, $2 version, $3 now in us
INSERT INTO manual_seen (user_id, version, seen_us) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, seen_us = excluded.seen_us
 WHERE excluded.version > manual_seen.version;

-- name: manual_column_list
-- plan: scan
SELECT tbl, col, holds, since FROM manual_column ORDER BY tbl, col;

-- name: manual_column_put
INSERT INTO manual_column (tbl, col, holds, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (tbl, col) DO UPDATE SET holds = excluded.holds;

-- name: manual_page_record_list
-- plan: scan
SELECT id, path, hash, removed_us FROM page ORDER BY path;

-- name: manual_page_record_put
-- $1 id, $2 path, $3 kind, $4 name, $5 label, $6 owner role, $7 review, $8 now in us, $9 version, $10 hash
INSERT INTO page (id, path, kind, name, label, owner_role, review, published_us, removed_us, manual_version, hash)
VALUES ($1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), $8, NULL, $9, $10)
ON CONFLICT (path) DO UPDATE SET label = excluded.label, owner_role = excluded.owner_role, review = excluded.review,
    published_us = excluded.published_us, removed_us = NULL, manual_version = excluded.manual_version, hash = excluded.hash;

-- name: manual_page_record_remove
-- $1 path, $2 now in us, $3 version
UPDATE page SET removed_us = $2, manual_version = $3 WHERE path = $1 AND removed_us IS NULL;
