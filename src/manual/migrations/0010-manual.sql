-- The manual: its versions, and what publishing made of them. Page texts are kept once, by their hash.

CREATE TABLE manual_version (
    number BIGINT NOT NULL PRIMARY KEY,
    author BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    reason TEXT NOT NULL,
    hash TEXT NOT NULL,
    n_pages BIGINT NOT NULL
);
CREATE TABLE manual_text (
    hash TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
);
CREATE TABLE manual_page (
    version BIGINT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (version, path)
);
-- One row: the version in force.
CREATE TABLE manual_live (
    id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);
INSERT INTO manual_live (id, version) VALUES (1, 0);

-- Columns that publishing has made, and what they hold: a column never changes its meaning and is never dropped.
CREATE TABLE manual_column (
    tbl TEXT NOT NULL,
    col TEXT NOT NULL,
    holds TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (tbl, col)
);

-- Every page that is or was in force, as records of the built-in object "page".
CREATE TABLE page (
    id BIGINT NOT NULL PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    owner_role TEXT,
    review BIGINT,
    published_us BIGINT NOT NULL,
    removed_us BIGINT,
    manual_version BIGINT NOT NULL,
    hash TEXT NOT NULL
);

-- References to many: field is "<object>.<field>".
-- sqlite:
CREATE TABLE link (
    field TEXT NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    PRIMARY KEY (field, from_id, to_id)
) WITHOUT ROWID;
-- postgres:
CREATE TABLE link (
    field TEXT NOT NULL,
    from_id BIGINT NOT NULL,
    to_id BIGINT NOT NULL,
    PRIMARY KEY (field, from_id, to_id)
);
-- both:
CREATE INDEX link_to ON link (to_id, field, from_id);
