-- Fixed statements of record. The tables of objects are reached by texts that plan.c makes.

-- name: link_of
-- $1 field, $2 record: what it links to
SELECT to_id FROM link WHERE field = $1 AND from_id = $2 ORDER BY to_id;

-- name: link_put
-- $1 field, $2 from, $3 to
INSERT INTO link (field, from_id, to_id) VALUES ($1, $2, $3) ON CONFLICT (field, from_id, to_id) DO NOTHING;

-- name: link_drop
-- $1 field, $2 from, $3 to
DELETE FROM link WHERE field = $1 AND from_id = $2 AND to_id = $3;

-- name: link_drop_from
-- $1 field, $2 from
DELETE FROM link WHERE field = $1 AND from_id = $2;

-- name: link_drop_to
-- $1 field, $2 to
DELETE FROM link WHERE field = $1 AND to_id = $2;

-- name: auto_number_take
-- $1 "object.field": the number given is one less than the answer
INSERT INTO auto_number (object_field, next) VALUES ($1, 2)
    ON CONFLICT (object_field) DO UPDATE SET next = auto_number.next + 1
RETURNING next;

-- name: auto_number_raise
-- $1 "object.field", $2 the next number is at least this
INSERT INTO auto_number (object_field, next) VALUES ($1, $2)
    ON CONFLICT (object_field) DO UPDATE SET next = excluded.next WHERE auto_number.next < excluded.next;

-- name: change_put
-- $1 id, $2 save, $3 record, $4 object, $5 kind, $6 field, $7 old, $8 new, $9 actor, $10 channel, $11 page, $12 reason,
-- $13 now in us, $14 manual version, $15 save taken back, $16 import
INSERT INTO change (id, save_id, record_id, object, kind, field, old, new, actor, channel, page, reason, at_us,
                    manual_version, undo_of, import_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: change_of_record
-- $1 record, $2 before this id, $3 limit
SELECT id, record_id, object, kind, field, old, new, actor, channel, page, at_us, manual_version
  FROM change WHERE record_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3;

-- name: change_of_field
-- $1 record, $2 field: when it was changed last
SELECT MAX(at_us) AS at_us FROM change WHERE record_id = $1 AND field = $2;

-- name: change_by_id
-- $1 id
SELECT save_id, record_id, object FROM change WHERE id = $1;

-- name: change_of_save
-- $1 record, $2 first id of the save
SELECT id, kind, field, old, new FROM change WHERE record_id = $1 AND id >= $2 AND save_id = $2 ORDER BY id;

-- name: change_erase
-- $1 record: a purge takes the contents, not the fact
UPDATE change SET old = NULL, new = NULL WHERE record_id = $1 AND (old IS NOT NULL OR new IS NOT NULL);

-- name: change_purged
-- $1 record
SELECT 1 FROM change WHERE record_id = $1 AND kind = 'purged' LIMIT 1;

-- name: change_after
-- $1 after this id, $2 up to this id, $3 limit
SELECT id, save_id, record_id, object, kind, field, old, new, actor, channel, page, reason, at_us, manual_version, undo_of,
       import_id
  FROM change WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3;

-- name: seal_last
-- plan: scan
SELECT batch, last_id, hash FROM change_seal ORDER BY batch DESC LIMIT 1;

-- name: seal_put
-- $1 batch, $2 first id, $3 last id, $4 rows, $5 digests, $6 hash, $7 hash before, $8 now in us
INSERT INTO change_seal (batch, first_id, last_id, n, digests, hash, prev_hash, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: seal_next
-- $1 after this batch
SELECT batch, first_id, last_id, n, digests, hash, prev_hash FROM change_seal WHERE batch > $1 ORDER BY batch LIMIT 1;

-- name: search_entry_put
-- $1 record, $2 object, $3 owner, $4 team, $5 title, $6 folded title, $7 words
INSERT INTO search_entry (record_id, object, owner, team, title, title_fold, body) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: search_entry_change
-- $1 record, $2 object, $3 owner, $4 team, $5 title, $6 folded title, $7 words
INSERT INTO search_entry (record_id, object, owner, team, title, title_fold, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (record_id) DO UPDATE
       SET owner = excluded.owner, team = excluded.team, title = excluded.title, title_fold = excluded.title_fold,
           body = excluded.body;

-- name: search_entry_drop
-- $1 record
DELETE FROM search_entry WHERE record_id = $1;

-- name: search_entry_object
-- $1 record
SELECT object, owner, team, title FROM search_entry WHERE record_id = $1;

-- name: search_entry_body
-- $1 record
SELECT body FROM search_entry WHERE record_id = $1;

-- name: search_entry_title
-- $1 record; the columns stand as in a plan's ref_check
SELECT owner, team, NULL AS deleted_at, title FROM search_entry WHERE record_id = $1;
