-- What a step has come to: its tasks in the order they were closed.
CREATE INDEX task_page_closed ON task (page, closed_us) WHERE closed_us IS NOT NULL;
