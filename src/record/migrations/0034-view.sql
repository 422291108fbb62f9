-- Saved views: a list as somebody likes to see it. columns: a JSON array of {"field","width"}; the texts are empty where
-- there is nothing. name_fold: one owner has no two views of an object under one name.
CREATE TABLE view (
    id BIGINT PRIMARY KEY NOT NULL,
    owner BIGINT NOT NULL,
    object TEXT NOT NULL,
    name TEXT NOT NULL,
    name_fold TEXT NOT NULL,
    shared BIGINT NOT NULL,
    layout TEXT NOT NULL,
    filter TEXT NOT NULL,
    sort TEXT NOT NULL,
    columns TEXT NOT NULL,
    grouped_by TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX view_owner_name ON view (owner, object, name_fold);
CREATE INDEX view_shared ON view (object, id) WHERE shared = 1;
-- Who opened a view when, the last time of each.
CREATE TABLE view_use (
    view_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (view_id, user_id)
);
