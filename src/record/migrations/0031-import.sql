-- Imports: what came in, how far it got (for resuming), what was found. One row per import, one per finding.
CREATE TABLE import (
    id BIGINT PRIMARY KEY NOT NULL,
    object TEXT NOT NULL,
    file TEXT NOT NULL,
    file_bytes BIGINT NOT NULL,
    mapping_hash TEXT NOT NULL,
    actor BIGINT NOT NULL,
    shift_days BIGINT NOT NULL,
    started_us BIGINT NOT NULL,
    finished_us BIGINT,
    undone_us BIGINT,
    line BIGINT NOT NULL,
    n_rows BIGINT NOT NULL,
    n_created BIGINT NOT NULL,
    n_updated BIGINT NOT NULL,
    n_unchanged BIGINT NOT NULL,
    n_skipped BIGINT NOT NULL,
    n_refused BIGINT NOT NULL,
    n_cleaned BIGINT NOT NULL,
    n_doubtful BIGINT NOT NULL
);
-- kind: cleaned, doubtful, refused.
CREATE TABLE import_finding (
    import_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    line BIGINT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    typed TEXT NOT NULL,
    stored TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (import_id, n)
);
