-- How many wait for somebody is asked with every new one.
CREATE INDEX notice_unread ON notice (user_id) WHERE read_us IS NULL;
