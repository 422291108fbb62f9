-- Statements of the access room. o_user and o_team are records: read here, written by record alone.

-- name: access_person_by_id
-- $1 user
SELECT u.id, u.name, u.email, u.active, u.roles, u.reports_to, u.zone, u.phone, u.team, t.name AS team_name,
       s.theme, s.density, s.single_keys, s.simple, s.muted
  FROM o_user u LEFT JOIN o_team t ON t.id = u.team LEFT JOIN user_setting s ON s.user_id = u.id
 WHERE u.id = $1 AND u.deleted_at IS NULL;

-- name: access_person_by_email
-- $1 folded mail address. Active people first: an address may have belonged to a leaver. The users of a company are
-- few; the object's page decides whether the address has an index.
-- plan: scan
SELECT u.id, u.name, u.email, u.active, u.roles, u.reports_to, u.zone, u.phone, u.team, t.name AS team_name,
       s.theme, s.density, s.single_keys, s.simple, s.muted
  FROM o_user u LEFT JOIN o_team t ON t.id = u.team LEFT JOIN user_setting s ON s.user_id = u.id
 WHERE u."email$f" = $1 AND u.deleted_at IS NULL
 ORDER BY u.active DESC, u.id
 LIMIT 1;

-- name: access_people_active
-- Everybody who is active, with their roles; the users of a company are few.
-- plan: scan
SELECT id, roles FROM o_user WHERE active = 1 AND deleted_at IS NULL ORDER BY id;

-- name: access_teams_below
-- $1 team. UNION (not ALL) ends cycles.
-- plan: scan
WITH RECURSIVE t(id) AS (
    SELECT CAST($1 AS BIGINT)
    UNION
    SELECT o.id FROM o_team o JOIN t ON o.parent = t.id WHERE o.deleted_at IS NULL
)
SELECT id FROM t ORDER BY id;

-- name: access_people_below
-- $1 user. Leavers stay in: their records still belong to the line.
-- plan: scan
WITH RECURSIVE p(id) AS (
    SELECT CAST($1 AS BIGINT)
    UNION
    SELECT o.id FROM o_user o JOIN p ON o.reports_to = p.id WHERE o.deleted_at IS NULL
)
SELECT id FROM p ORDER BY id;

-- name: access_superior_of
-- $1 user
SELECT s.id, s.active FROM o_user u JOIN o_user s ON s.id = u.reports_to
 WHERE u.id = $1 AND s.deleted_at IS NULL;

-- name: credential_get
-- $1 user
SELECT hash FROM credential WHERE user_id = $1;

-- name: credential_put
-- $1 user, $2 hash, $3 now in us
INSERT INTO credential (user_id, hash, changed_us) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_us = excluded.changed_us;

-- name: session_put
-- $1 id, $2 user, $3 hash of the token, $4 now in us, $5 end in us, $6 label
INSERT INTO session (id, user_id, token_hash, created_us, seen_us, expires_us, label)
VALUES ($1, $2, $3, $4, $4, $5, $6);

-- name: session_by_token
-- $1 hash of the token
SELECT id, user_id, seen_us, expires_us FROM session WHERE token_hash = $1 AND ended_us IS NULL;

-- name: session_list
-- $1 user, $2 now in us, $3 seen before that: idle for too long
SELECT id, user_id, created_us, seen_us, expires_us, label FROM session
 WHERE user_id = $1 AND ended_us IS NULL AND expires_us > $2 AND seen_us > $3
 ORDER BY created_us DESC, id DESC
 LIMIT 200;

-- name: session_seen
-- $1 id, $2 when in us
UPDATE session SET seen_us = $2 WHERE id = $1 AND seen_us < $2;

-- name: session_end
-- $1 id, $2 now in us
UPDATE session SET ended_us = $2 WHERE id = $1 AND ended_us IS NULL;

-- name: session_end_of_user
-- $1 user, $2 except this session, $3 now in us
UPDATE session SET ended_us = $3 WHERE user_id = $1 AND id <> $2 AND ended_us IS NULL;

-- name: session_end_one_of_user
-- $1 session, $2 user, $3 now in us
UPDATE session SET ended_us = $3 WHERE id = $1 AND user_id = $2 AND ended_us IS NULL;

-- name: session_clean
-- $1 sessions that ended before that go
-- plan: scan
DELETE FROM session WHERE expires_us < $1 OR ended_us < $1;

-- name: api_token_put
-- $1 id, $2 user, $3 hash of the token, $4 name, $5 role or '', $6 now in us, $7 end in us or 0
INSERT INTO api_token (id, user_id, token_hash, name, role, created_us, expires_us, used_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);

-- name: api_token_by_token
-- $1 hash of the token
SELECT id, user_id, role, expires_us, used_us FROM api_token WHERE token_hash = $1 AND ended_us IS NULL;

-- name: api_token_list
-- $1 user; 0: of everybody
-- plan: scan
SELECT id, user_id, name, created_us, expires_us, used_us FROM api_token
 WHERE (CAST($1 AS BIGINT) = 0 OR user_id = CAST($1 AS BIGINT)) AND ended_us IS NULL
 ORDER BY created_us DESC, id DESC
 LIMIT 1000;

-- name: api_token_owner
-- $1 id
SELECT user_id FROM api_token WHERE id = $1 AND ended_us IS NULL;

-- name: api_token_used
-- $1 id, $2 when in us
UPDATE api_token SET used_us = $2 WHERE id = $1 AND used_us < $2;

-- name: api_token_end
-- $1 id, $2 now in us
UPDATE api_token SET ended_us = $2 WHERE id = $1 AND ended_us IS NULL;

-- name: sign_in_attempt_get
-- $1 account, $2 address
SELECT failures, last_us FROM sign_in_attempt WHERE account = $1 AND address = $2;

-- name: sign_in_attempt_put
-- $1 account, $2 address, $3 failures, $4 now in us
INSERT INTO sign_in_attempt (account, address, failures, last_us) VALUES ($1, $2, $3, $4)
    ON CONFLICT (account, address) DO UPDATE SET failures = excluded.failures, last_us = excluded.last_us;

-- name: sign_in_attempt_forget
-- $1 account, $2 address
DELETE FROM sign_in_attempt WHERE account = $1 AND address = $2;

-- name: sign_in_attempt_clean
-- $1 last failure before that
DELETE FROM sign_in_attempt WHERE last_us < $1;

-- name: audit_put
-- $1 id, $2 now in us, $3 actor, $4 event, $5 record or 0, $6 detail, $7 address
INSERT INTO audit (id, at_us, actor, event, record_id, detail, address) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: access_setting_get
-- $1 name
SELECT value FROM setting WHERE name = $1;

-- name: access_setting_put
-- $1 name, $2 value
INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: user_setting_put
-- $1 user, $2 theme, $3 density, $4 single keys, $5 simple, $6 muted kinds, $7 now in us
INSERT INTO user_setting (user_id, theme, density, single_keys, simple, muted, changed_us)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (user_id) DO UPDATE SET theme = excluded.theme, density = excluded.density,
        single_keys = excluded.single_keys, simple = excluded.simple, muted = excluded.muted, changed_us = excluded.changed_us;

-- name: user_setting_muted
-- $1 user
SELECT muted FROM user_setting WHERE user_id = $1;

-- name: access_last_seen
-- Everybody's last sign of life; sessions that ended are cleaned away.
-- plan: scan
SELECT user_id, MAX(seen_us) AS seen_us FROM session GROUP BY user_id;
