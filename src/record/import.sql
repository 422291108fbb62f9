-- Imports and their findings. Only import*.c writes these tables.

-- name: import_start
-- $1 id, $2 object, $3 file, $4 bytes, $5 hash of the mapping, $6 actor, $7 days shifted, $8 now in us
INSERT INTO import (id, object, file, file_bytes, mapping_hash, actor, shift_days, started_us, line, n_rows, n_created, n_updated,
                    n_unchanged, n_skipped, n_refused, n_cleaned, n_doubtful)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, 0, 0, 0, 0, 0)

-- name: import_get
-- $1 id
SELECT object, file_bytes, mapping_hash, shift_days, finished_us, undone_us, line, n_rows, n_created, n_updated, n_unchanged, n_skipped,
       n_refused, n_cleaned, n_doubtful
  FROM import WHERE id = $1

-- name: import_list
-- $1 how many. The newest first; by the key, as many rows as are asked for.
-- plan: scan
SELECT id, object, file, started_us, finished_us, undone_us, n_rows, n_created, n_updated, n_refused
  FROM import ORDER BY id DESC LIMIT $1

-- name: import_progress
-- $1 id, $2 line of the last row taken (in the second pass: its negative), then the counts
UPDATE import
   SET line = $2, n_rows = $3, n_created = $4, n_updated = $5, n_unchanged = $6, n_skipped = $7, n_refused = $8, n_cleaned = $9,
       n_doubtful = $10
 WHERE id = $1

-- name: import_finish
-- $1 id, $2 now in us
UPDATE import SET finished_us = $2 WHERE id = $1

-- name: import_undone
-- $1 id, $2 now in us. No row: it was undone already.
UPDATE import SET undone_us = $2 WHERE id = $1 AND undone_us IS NULL RETURNING object

-- name: import_finding_put
INSERT INTO import_finding (import_id, n, line, kind, field, typed, stored, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: import_changes
-- $1 import, $2 below this save. The newest saves of an import, one row each.
SELECT save_id, MAX(record_id) AS record_id, MAX(object) AS object, MIN(kind) AS kind
  FROM change
 WHERE import_id = $1 AND save_id < $2
 GROUP BY save_id
 ORDER BY save_id DESC
 LIMIT 500

-- name: import_made
-- $1 record, $2 import. Was it created by this import?
SELECT id FROM change WHERE record_id = $1 AND import_id = $2 AND kind = 'created' LIMIT 1
