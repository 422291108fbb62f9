-- Questions of the command line about the company.

-- name: company_people
-- Who can sign in: active people with a password, in the order they came.
-- plan: scan
SELECT u.id AS id, u.name AS name, u.email AS email, u.roles AS roles, t.name AS team
  FROM o_user u
  LEFT JOIN o_team t ON t.id = u.team
 WHERE u.deleted_at IS NULL AND u.active = 1
 ORDER BY u.id

-- name: company_team
-- $1 name
-- plan: scan
SELECT id FROM o_team WHERE name = $1 AND deleted_at IS NULL ORDER BY id LIMIT 1
