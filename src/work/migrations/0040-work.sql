-- The engine. Instants are microseconds UTC; an empty value is NULL. The columns before the blank line of task, breach
-- and run are read by the manual's built-in objects and by the timeline; the rest belongs to the engine alone.

CREATE TABLE task (
    id BIGINT NOT NULL PRIMARY KEY,
    record_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    page TEXT,
    step TEXT,
    kind TEXT NOT NULL,
    run_id BIGINT,
    owed_by BIGINT,
    team BIGINT,
    role TEXT,
    opened_us BIGINT NOT NULL,
    due_us BIGINT,
    closed_us BIGINT,
    closed_as TEXT,
    note TEXT,
    version BIGINT NOT NULL,
    manual_version BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    not_before_us BIGINT,
    by_user BIGINT,

    stage TEXT,
    optional BIGINT NOT NULL,
    cause TEXT NOT NULL
);
-- One open task per cause: the rule that nothing is asked twice is the database's.
CREATE UNIQUE INDEX task_open_cause ON task (cause) WHERE closed_us IS NULL;
CREATE INDEX task_open_owed ON task (owed_by, due_us, id) WHERE closed_us IS NULL;
CREATE INDEX task_open_role ON task (role, due_us, id) WHERE closed_us IS NULL AND owed_by IS NULL;
CREATE INDEX task_open_record ON task (record_id, id) WHERE closed_us IS NULL;
CREATE INDEX task_open_page ON task (page, id) WHERE closed_us IS NULL;
CREATE INDEX task_record ON task (record_id, id);
CREATE INDEX task_run ON task (run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX task_closed ON task (owed_by, closed_us) WHERE closed_us IS NOT NULL;

CREATE TABLE run (
    id BIGINT NOT NULL PRIMARY KEY,
    record_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    workflow TEXT NOT NULL,
    manual_version BIGINT NOT NULL,
    stage TEXT NOT NULL,
    stage_entered_us BIGINT NOT NULL,
    started_us BIGINT NOT NULL,
    ended_us BIGINT,
    end_name TEXT,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX run_open ON run (record_id, workflow) WHERE ended_us IS NULL;
CREATE INDEX run_record ON run (record_id, id);
CREATE INDEX run_workflow_open ON run (workflow, id) WHERE ended_us IS NULL;

CREATE TABLE breach (
    id BIGINT NOT NULL PRIMARY KEY,
    record_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    page TEXT NOT NULL,
    rule TEXT NOT NULL,
    task_id BIGINT,
    owed_by BIGINT,
    at_us BIGINT NOT NULL,
    due_us BIGINT,
    met_us BIGINT,
    cause TEXT,
    comment TEXT,
    manual_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    count_seen BIGINT,
    count_due BIGINT,

    clock_us BIGINT NOT NULL
);
-- Once per cause: the same page, record and start of the clock never breach twice.
CREATE UNIQUE INDEX breach_cause ON breach (record_id, page, rule, clock_us);
CREATE INDEX breach_owed ON breach (owed_by, id);
CREATE INDEX breach_page ON breach (page, at_us);
CREATE INDEX breach_task ON breach (task_id) WHERE task_id IS NOT NULL;

-- What one policy knows about one record while its clock runs, and afterwards so that it is not asked twice.
-- state: running met breached. owner_id: the record's owner when owed_by was worked out.
CREATE TABLE policy_state (
    record_id BIGINT NOT NULL,
    page TEXT NOT NULL,
    object TEXT NOT NULL,
    state TEXT NOT NULL,
    clock_us BIGINT NOT NULL,
    due_us BIGINT,
    owed_by BIGINT,
    owner_id BIGINT,
    role TEXT,
    task_id BIGINT,
    breach_id BIGINT,
    PRIMARY KEY (record_id, page)
);
CREATE INDEX policy_state_page ON policy_state (page, record_id);

-- Policies that are switched on, and since when.
CREATE TABLE policy_on (
    page TEXT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    on_us BIGINT NOT NULL,
    manual_version BIGINT NOT NULL
);
-- Kept and broken per week; week is the day of its Monday.
CREATE TABLE policy_week (
    page TEXT NOT NULL,
    week BIGINT NOT NULL,
    passes BIGINT NOT NULL,
    breaches BIGINT NOT NULL,
    PRIMARY KEY (page, week)
);

-- One timer per thing it waits for (its name), so that setting it again moves it.
CREATE TABLE timer (
    name TEXT NOT NULL PRIMARY KEY,
    id BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    kind TEXT NOT NULL,
    page TEXT,
    record_id BIGINT,
    ref_id BIGINT,
    note TEXT
);
CREATE INDEX timer_due ON timer (due_us, id);
CREATE INDEX timer_record ON timer (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX timer_page ON timer (page);

CREATE TABLE escalation_run (
    id BIGINT NOT NULL PRIMARY KEY,
    page TEXT NOT NULL,
    record_id BIGINT NOT NULL,
    object TEXT NOT NULL,
    started_us BIGINT NOT NULL,
    started_by BIGINT,
    cause TEXT NOT NULL,
    level BIGINT NOT NULL,
    level_us BIGINT NOT NULL,
    who BIGINT,
    acknowledged_us BIGINT,
    acknowledged_by BIGINT,
    ended_us BIGINT,
    note TEXT,
    answer TEXT,
    manual_version BIGINT NOT NULL
);
CREATE UNIQUE INDEX escalation_run_cause ON escalation_run (cause) WHERE ended_us IS NULL;
CREATE INDEX escalation_run_record ON escalation_run (record_id, id);
CREATE INDEX escalation_run_page ON escalation_run (page) WHERE ended_us IS NULL;
-- Everybody who was called, in order.
CREATE TABLE escalation_call (
    escalation_id BIGINT NOT NULL,
    level BIGINT NOT NULL,
    name TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    who BIGINT,
    instead_of BIGINT,
    how TEXT NOT NULL,
    task_id BIGINT,
    PRIMARY KEY (escalation_id, level)
);

-- bundle: notices with the same one on the same day are one row with a count.
CREATE TABLE notice (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    bundle TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    read_us BIGINT,
    count BIGINT NOT NULL,
    record_id BIGINT,
    object TEXT,
    page TEXT,
    title TEXT NOT NULL
);
CREATE UNIQUE INDEX notice_bundle ON notice (user_id, day, bundle);
CREATE INDEX notice_user ON notice (user_id, id);

CREATE TABLE outbox (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    once_key TEXT NOT NULL,
    due_us BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_us BIGINT,
    failed_us BIGINT,
    error TEXT
);
CREATE UNIQUE INDEX outbox_once ON outbox (once_key);
CREATE INDEX outbox_due ON outbox (due_us, id) WHERE done_us IS NULL AND failed_us IS NULL;

-- Why something ran or did not.
CREATE TABLE decision (
    id BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    record_id BIGINT,
    page TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT,
    by_user BIGINT,
    manual_version BIGINT NOT NULL
);
CREATE INDEX decision_record ON decision (record_id, id);
CREATE INDEX decision_page ON decision (page, id);
CREATE INDEX decision_at ON decision (at_us, id);

CREATE TABLE absence (
    id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    to_day BIGINT NOT NULL,
    cover BIGINT
);
CREATE INDEX absence_user ON absence (user_id, to_day);
CREATE INDEX absence_cover ON absence (cover, to_day) WHERE cover IS NOT NULL;

-- What a lead became: the reason it never becomes it twice.
CREATE TABLE conversion (
    record_id BIGINT NOT NULL PRIMARY KEY,
    account_id BIGINT,
    contact_id BIGINT,
    deal_id BIGINT,
    at_us BIGINT NOT NULL
);

CREATE TABLE engine_state (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
