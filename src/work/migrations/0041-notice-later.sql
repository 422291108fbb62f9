-- Put off by the person: not shown before that.
ALTER TABLE notice ADD COLUMN later_us BIGINT;
