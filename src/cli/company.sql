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
