-- Questions of the command line about the company.

-- name: company_people
-- Everybody, in the order they came.
-- plan: scan
SELECT u.id AS id, u.name AS name, u.email AS email, u.roles AS roles, u.active AS active, t.name AS team
  FROM o_user u
  LEFT JOIN o_team t ON t.id = u.team
 WHERE u.deleted_at IS NULL
 ORDER BY u.id

-- name: company_team
-- $1 name
-- plan: scan
SELECT id FROM o_team WHERE name = $1 AND deleted_at IS NULL ORDER BY id LIMIT 1

-- name: company_newest_change
-- When the newest change was made; no row in an empty database.
-- plan: scan
SELECT at_us FROM change ORDER BY id DESC LIMIT 1

-- name: company_newest_id
-- The newest id that was given; 0 in an empty database. Four looks at the end of a key.
-- plan: scan
SELECT COALESCE(MAX(x.id), 0) AS id
  FROM (SELECT MAX(id) AS id FROM change UNION ALL SELECT MAX(id) FROM task UNION ALL SELECT MAX(id) FROM breach
        UNION ALL SELECT MAX(id) FROM run) x
