-- Which version of the manual somebody has looked at last: what changed since then is shown to them.
CREATE TABLE manual_seen (
    user_id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    seen_us BIGINT NOT NULL
);
