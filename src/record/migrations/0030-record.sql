-- What happened to records. Append-only: rows are never changed, except that a purge empties old and new of its record.
-- One save writes rows with one save_id (the id of its first row). field is '' where the row speaks of the whole record.
CREATE TABLE change (
    id BIGINT PRIMARY KEY NOT NULL,
    save_id BIGINT NOT NULL,
    record_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    old TEXT,
    new TEXT,
    actor BIGINT NOT NULL,
    channel TEXT NOT NULL,
    page TEXT,
    reason TEXT,
    at_us BIGINT NOT NULL,
    manual_version BIGINT NOT NULL,
    undo_of BIGINT,
    import_id BIGINT
);
CREATE INDEX change_record ON change (record_id, id);
CREATE INDEX change_import ON change (import_id, id) WHERE import_id IS NOT NULL;
-- The hash chain over change: one row per sealed batch. digests: 32 hex digits for each row, in the order of ids.
CREATE TABLE change_seal (
    batch BIGINT PRIMARY KEY NOT NULL,
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    n BIGINT NOT NULL,
    digests TEXT NOT NULL,
    hash TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
-- One row per record that is not in the bin: what search looks at. body: folded words joined by blanks.
-- sqlite:
CREATE TABLE search_entry (
    record_id INTEGER PRIMARY KEY NOT NULL,
    object TEXT NOT NULL,
    owner BIGINT,
    team BIGINT,
    title TEXT NOT NULL,
    title_fold TEXT NOT NULL,
    body TEXT NOT NULL
);
-- What a list of hits shows, close together: the rows themselves are ten times as long, and hits lie far apart.
CREATE INDEX search_entry_title ON search_entry (record_id, object, owner, team, title, title_fold);
-- The ascii tokenizer parts at ASCII punctuation only: the words of body are already parted and folded.
CREATE VIRTUAL TABLE search_text USING fts5(
    body, content = 'search_entry', content_rowid = 'record_id', tokenize = 'ascii', prefix = '2 3', detail = 'none',
    columnsize = 0
);
CREATE VIRTUAL TABLE search_word USING fts5vocab(search_text, 'row');
-- Records whose words differ from those in search_text, inside a transaction: before its end search_text is brought up to
-- date and this is empty again (see db_sqlite_words.c). old_body: what search_text knows; NULL: nothing.
CREATE TABLE search_pending (
    record_id INTEGER PRIMARY KEY NOT NULL,
    old_body TEXT
);
CREATE TRIGGER search_entry_insert AFTER INSERT ON search_entry BEGIN
    INSERT INTO search_pending (record_id) VALUES (new.record_id) ON CONFLICT (record_id) DO NOTHING;
END;
CREATE TRIGGER search_entry_delete AFTER DELETE ON search_entry BEGIN
    INSERT INTO search_pending (record_id, old_body) VALUES (old.record_id, old.body) ON CONFLICT (record_id) DO NOTHING;
END;
CREATE TRIGGER search_entry_update AFTER UPDATE OF body ON search_entry WHEN old.body <> new.body BEGIN
    INSERT INTO search_pending (record_id, old_body) VALUES (old.record_id, old.body) ON CONFLICT (record_id) DO NOTHING;
END;
-- postgres:
CREATE TABLE search_entry (
    record_id BIGINT PRIMARY KEY NOT NULL,
    object TEXT NOT NULL,
    owner BIGINT,
    team BIGINT,
    title TEXT NOT NULL,
    title_fold TEXT NOT NULL,
    body TEXT NOT NULL,
    tsv TSVECTOR NOT NULL GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, body)) STORED
);
CREATE INDEX search_entry_tsv ON search_entry USING gin (tsv);
-- both:
CREATE TABLE auto_number (
    object_field TEXT PRIMARY KEY NOT NULL,
    next BIGINT NOT NULL
);
