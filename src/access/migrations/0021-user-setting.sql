-- What one person likes, wherever they sign in. theme and density are '' while nothing was chosen; muted: kinds of notices,
-- joined by commas. The time zone stands in the person's record.
CREATE TABLE user_setting (
    user_id BIGINT PRIMARY KEY NOT NULL,
    theme TEXT NOT NULL,
    density TEXT NOT NULL,
    single_keys BIGINT NOT NULL,
    simple BIGINT NOT NULL,
    muted TEXT NOT NULL,
    changed_us BIGINT NOT NULL
);
