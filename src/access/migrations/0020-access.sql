-- Who may sign in, and as whom a token acts. Tokens are kept as BLAKE2b-256 of their text: whoever reads this table
-- cannot use them. People and teams are records (o_user, o_team).
CREATE TABLE credential (
    user_id BIGINT PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL,
    changed_us BIGINT NOT NULL
);
CREATE TABLE session (
    id BIGINT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL,
    token_hash TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    seen_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    label TEXT NOT NULL,
    ended_us BIGINT
);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE INDEX session_by_user ON session (user_id, created_us);
CREATE INDEX session_expires ON session (expires_us);
CREATE TABLE api_token (
    id BIGINT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL,
    token_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    used_us BIGINT NOT NULL,
    ended_us BIGINT
);
CREATE UNIQUE INDEX api_token_token ON api_token (token_hash);
CREATE INDEX api_token_user ON api_token (user_id, created_us);
-- Failed sign-ins since the last success, by account (hash of the folded mail address) and network address.
CREATE TABLE sign_in_attempt (
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last_us BIGINT NOT NULL,
    PRIMARY KEY (account, address)
);
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last_us);
CREATE TABLE audit (
    id BIGINT PRIMARY KEY NOT NULL,
    at_us BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    event TEXT NOT NULL,
    record_id BIGINT NOT NULL,
    detail TEXT NOT NULL,
    address TEXT NOT NULL
);
CREATE INDEX audit_actor ON audit (actor, at_us);
CREATE INDEX audit_record ON audit (record_id, at_us);
