-- Statements about table setting: what the installation keeps about itself.

-- name: setting_get
-- $1 name
SELECT value FROM setting WHERE name = $1;

-- name: setting_put
-- $1 name, $2 value
INSERT INTO setting (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = $2;
