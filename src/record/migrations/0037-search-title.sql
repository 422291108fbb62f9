-- The record whose name was typed comes first, however many newer ones mention it. The beginning is enough to find it, and
-- keeps the key short.
-- sqlite:
CREATE INDEX search_entry_begin ON search_entry (substr(title_fold, 1, 64), record_id);
-- postgres:
CREATE INDEX search_entry_begin ON search_entry ((left(title_fold, 64) COLLATE "C"), record_id);
