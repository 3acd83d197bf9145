-- task: first 16 bytes of SHA-256 over source, project and taskId, null without a taskId: nothing is held back then.
-- updated_us: Unix microseconds; null when absent or not a time.
-- held: 1 while another pending delivery of the same task to the same consumer comes first, so that in task order the
-- next ones are a range of an index, however many wait behind them.
ALTER TABLE delivery ADD COLUMN task BLOB;
ALTER TABLE delivery ADD COLUMN updated_us INTEGER;
ALTER TABLE delivery ADD COLUMN held INTEGER NOT NULL DEFAULT 0;

UPDATE delivery SET (task, updated_us) = (
  SELECT task_digest(CAST(source AS BLOB), CAST(project AS BLOB), CAST(task AS BLOB)), instant_us(updated_at)
  FROM event WHERE seq = event_seq) WHERE state IN (0, 2);

DROP INDEX delivery_due;
DROP INDEX delivery_dead;

CREATE INDEX delivery_task ON delivery(consumer, task, updated_us, event_seq) WHERE state = 0 AND task IS NOT NULL;

UPDATE delivery SET held = 1 WHERE state = 0 AND task IS NOT NULL AND EXISTS(
  SELECT 1 FROM delivery AS other
  WHERE other.consumer = delivery.consumer AND other.task = delivery.task AND other.state = 0
    AND (ifnull(other.updated_us, -9223372036854775807), other.event_seq)
      < (ifnull(delivery.updated_us, -9223372036854775807), delivery.event_seq));

CREATE INDEX delivery_due ON delivery(consumer, held, due_at, event_seq) WHERE state = 0;

-- What waits and what died, newest or oldest first.
CREATE INDEX delivery_open ON delivery(consumer, state, event_seq) WHERE state = 0 OR state = 2;
CREATE INDEX delivery_dead ON delivery(event_seq) WHERE state = 2;
CREATE INDEX event_kept ON event(disposition, seq) WHERE disposition = 1 OR disposition = 2;

-- Counted along with every change, because counting a million rows at every look would not do.
CREATE TABLE backlog(
  consumer TEXT    PRIMARY KEY,
  pending  INTEGER NOT NULL,
  dead     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO backlog(consumer, pending, dead)
SELECT consumer, total(state = 0), total(state = 2) FROM delivery GROUP BY consumer;

-- The newest updatedAt that a consumer which skips what is superseded was given of a task at a stage.
CREATE TABLE newest(
  consumer   TEXT    NOT NULL,
  digest     BLOB    NOT NULL,                    -- first 16 bytes of SHA-256 over source, project, taskId and stage
  updated_us INTEGER NOT NULL,
  PRIMARY KEY(consumer, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX newest_age ON newest(updated_us);

-- Only lanes that are paused or whose circuit is open.
CREATE TABLE lane(
  consumer   TEXT PRIMARY KEY,
  paused_at  INTEGER,
  open_since INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE replay(
  number     INTEGER PRIMARY KEY,
  id         BLOB    NOT NULL UNIQUE,
  started_at INTEGER NOT NULL,
  terms      TEXT    NOT NULL,                    -- JSON: filter, consumers, rate
  last_seq   INTEGER NOT NULL,                    -- what came later is not part of it
  cursor     INTEGER NOT NULL,                    -- seq of the last event done
  total      INTEGER NOT NULL,
  done       INTEGER NOT NULL,
  skipped    INTEGER NOT NULL,
  state      INTEGER NOT NULL                     -- 0 running, 1 done, 2 cancelled
) STRICT;
