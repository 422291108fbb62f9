-- name: facts_closed
-- Steps of one page that were closed, newest first. $1 page, $2 not before, $3 at most
SELECT stage, step, closed_as, opened_us, due_us, closed_us FROM task
 WHERE page = $1 AND closed_us >= $2 AND step IS NOT NULL
 ORDER BY closed_us DESC LIMIT $3;

-- name: facts_left
-- Stages that records left, newest first: by going on to another one, or with the end of the run. entered_us: when the
-- one before began. $1 page, $2 not before, $3 at most
SELECT d.at_us, d.what, d.detail,
       (SELECT MAX(e.at_us) FROM decision e
         WHERE e.record_id = d.record_id AND e.id < d.id AND e.page = d.page AND e.what = 'stage entered') AS entered_us,
       (SELECT MAX(r.started_us) FROM run r
         WHERE r.record_id = d.record_id AND r.workflow = d.page AND r.started_us <= d.at_us) AS started_us,
       (SELECT MAX(r.stage) FROM run r
         WHERE r.record_id = d.record_id AND r.workflow = d.page AND r.ended_us = d.at_us) AS last_stage
  FROM decision d
 WHERE d.page = $1 AND d.at_us >= $2 AND d.what IN ('stage entered', 'run ended')
 ORDER BY d.id DESC LIMIT $3;
