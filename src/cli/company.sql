-- Marks of the installation that are neither records nor pages.

-- name: company_mark_get
-- $1 name
SELECT value FROM setting WHERE name = $1

-- name: company_mark_put
-- $1 name, $2 value
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: company_people
-- Who can sign in: active people with a password, superiors first.
SELECT u.id AS id, u.name AS name, u.email AS email, u.roles AS roles, t.name AS team
  FROM o_user u
  LEFT JOIN o_team t ON t.id = u.team
 WHERE u.deleted_at IS NULL AND u.active = 1
 ORDER BY u.id

-- name: company_team
-- $1 name
SELECT id FROM o_team WHERE name = $1 AND deleted_at IS NULL ORDER BY id LIMIT 1
-- plan: scan
