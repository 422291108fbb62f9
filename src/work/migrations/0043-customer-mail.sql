-- Mails to customers. What was written stands in the activity, the address in the outbox item that carries it (for 30 days) and on
-- the record it was taken from: a record that is erased leaves neither here.
CREATE TABLE customer_mail (
    id BIGINT NOT NULL PRIMARY KEY, -- its moment is when it was written
    activity_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    record_id BIGINT NOT NULL,
    to_object TEXT NOT NULL,        -- whose address, and in which field it stands
    to_record BIGINT NOT NULL,
    to_field TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    template TEXT,                  -- the page its words came from
    manual_version BIGINT NOT NULL,
    sent_us BIGINT,                 -- the mail server took it
    failed_us BIGINT                -- or will not have it; the reason stands in the outbox and as the outcome of the activity
);
CREATE INDEX customer_mail_record ON customer_mail (record_id, id);
CREATE INDEX customer_mail_to ON customer_mail (to_record, id);
CREATE INDEX customer_mail_user ON customer_mail (user_id, id);
