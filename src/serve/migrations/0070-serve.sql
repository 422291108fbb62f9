-- Answers of writes that carried an Idempotency-Key, kept in the transaction of the write itself. id: BLAKE2b of the
-- user and the key; request: of method, target and body.
CREATE TABLE idempotency (
    id TEXT PRIMARY KEY NOT NULL,
    request TEXT NOT NULL,
    status BIGINT NOT NULL,
    etag TEXT NOT NULL,
    location TEXT NOT NULL,
    response TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX idempotency_at ON idempotency (at_us);
