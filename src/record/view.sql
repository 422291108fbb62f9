-- Statements of saved views. Only view.c writes these tables.

-- name: view_list
-- $1 who asks, $2 object or '' for all, $3 opened after that, $4 at most so many. Own ones and those that are shared; the
-- views of a company are few.
-- plan: scan
SELECT v.id, v.owner, v.object, v.name, v.shared, v.layout, v.filter, v.sort, v.columns, v.grouped_by, v.version,
       u.name AS owner_name,
       (SELECT COUNT(*) FROM view_use x WHERE x.view_id = v.id AND x.user_id <> $1 AND x.at_us > $3) AS used_by
  FROM view v LEFT JOIN o_user u ON u.id = v.owner
 WHERE (v.owner = $1 OR v.shared = 1) AND ($2 = '' OR v.object = $2)
 ORDER BY v.name_fold, v.id
 LIMIT $4;

-- name: view_get
-- $1 who asks, $2 id, $3 opened after that
SELECT v.id, v.owner, v.object, v.name, v.shared, v.layout, v.filter, v.sort, v.columns, v.grouped_by, v.version,
       u.name AS owner_name,
       (SELECT COUNT(*) FROM view_use x WHERE x.view_id = v.id AND x.user_id <> $1 AND x.at_us > $3) AS used_by
  FROM view v LEFT JOIN o_user u ON u.id = v.owner
 WHERE v.id = $2 AND (v.owner = $1 OR v.shared = 1);

-- name: view_count
-- $1 owner, $2 object
SELECT COUNT(*) AS n FROM view WHERE owner = $1 AND object = $2;

-- name: view_name_taken
-- $1 owner, $2 object, $3 folded name, $4 except this one
SELECT id FROM view WHERE owner = $1 AND object = $2 AND name_fold = $3 AND id <> $4;

-- name: view_put
-- $1 id, $2 owner, $3 object, $4 name, $5 folded name, $6 shared, $7 layout, $8 filter, $9 sort, $10 columns, $11 grouped
-- by, $12 now in us
INSERT INTO view (id, owner, object, name, name_fold, shared, layout, filter, sort, columns, grouped_by, version,
                  created_us, updated_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12);

-- name: view_change
-- $1 id, $2 version the caller read, $3 name, $4 folded name, $5 shared, $6 layout, $7 filter, $8 sort, $9 columns,
-- $10 grouped by, $11 now in us. No row: another writer was first.
UPDATE view
   SET name = $3, name_fold = $4, shared = $5, layout = $6, filter = $7, sort = $8, columns = $9, grouped_by = $10,
       updated_us = $11, version = version + 1
 WHERE id = $1 AND version = $2
RETURNING version;

-- name: view_drop
-- $1 id
DELETE FROM view WHERE id = $1;

-- name: view_use_drop
-- $1 view
DELETE FROM view_use WHERE view_id = $1;

-- name: view_use_put
-- $1 view, $2 user, $3 now in us, $4 not written again before that
INSERT INTO view_use (view_id, user_id, at_us) VALUES ($1, $2, $3)
    ON CONFLICT (view_id, user_id) DO UPDATE SET at_us = excluded.at_us WHERE view_use.at_us < $4;

-- name: view_users
-- $1 view, $2 who asks, $3 opened after that
SELECT x.user_id, u.name, x.at_us FROM view_use x LEFT JOIN o_user u ON u.id = x.user_id
 WHERE x.view_id = $1 AND x.user_id <> $2 AND x.at_us > $3
 ORDER BY x.at_us DESC, x.user_id
 LIMIT 500;
