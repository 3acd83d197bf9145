-- 1097754479 is 'Ango' in ASCII: tells `file` and the gateway whose database this is.
PRAGMA application_id = 1097754479;

-- seq is counted by the one writer, so its order is the order of the commits.
CREATE TABLE event(
  seq              INTEGER PRIMARY KEY,
  id               BLOB    NOT NULL UNIQUE,       -- UUID version 7, big-endian
  key_updated_at   INTEGER NOT NULL,              -- the event key, as in event_key
  key_digest       BLOB    NOT NULL,
  key_by_content   INTEGER NOT NULL,
  received_at      INTEGER NOT NULL,              -- every *_at: Unix milliseconds, UTC
  source           TEXT    NOT NULL,
  project          TEXT,
  task             TEXT,
  stage            TEXT,
  stage_id         TEXT,
  stage_name       TEXT,
  updated_at       TEXT,                          -- as written in the payload
  batches          TEXT,                          -- JSON array; null when empty
  batch_names      TEXT,                          -- JSON array; null when empty
  disposition      INTEGER NOT NULL,              -- 0 routed, 1 unrouted, 2 quarantined
  content_type     TEXT,
  signature_header TEXT,
  signature        TEXT,
  trace_parent     TEXT,
  size             INTEGER NOT NULL               -- of the payload, in bytes
) STRICT;

-- Apart from event, so that listing events does not read bodies.
CREATE TABLE payload(
  seq   INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Led by a time: new keys land at the right edge instead of dirtying a random page each. Outlives its event.
CREATE TABLE event_key(
  updated_at INTEGER NOT NULL,                    -- of the payload; 0 when absent or not a time
  digest     BLOB    NOT NULL,                    -- first 16 bytes of SHA-256
  event_id   BLOB    NOT NULL,
  seen_at    INTEGER NOT NULL,
  PRIMARY KEY(updated_at, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery(
  event_seq  INTEGER NOT NULL,
  consumer   TEXT    NOT NULL,
  replay     INTEGER NOT NULL,                    -- 0 for the first delivery, counted up by replays
  state      INTEGER NOT NULL,                    -- 0 pending, 1 delivered, 2 dead, 3 superseded
  due_at     INTEGER NOT NULL,                    -- 0: never tried, before every retry
  attempts   INTEGER NOT NULL,
  queued_at  INTEGER NOT NULL,                    -- when the retry budget began
  settled_at INTEGER,
  PRIMARY KEY(event_seq, consumer, replay)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_due ON delivery(consumer, due_at, event_seq) WHERE state = 0;
CREATE INDEX delivery_dead ON delivery(consumer, event_seq) WHERE state = 2;

CREATE TABLE attempt(
  event_seq   INTEGER NOT NULL,
  consumer    TEXT    NOT NULL,
  replay      INTEGER NOT NULL,
  number      INTEGER NOT NULL,                   -- from 1
  at          INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  address     TEXT,
  status      INTEGER,
  error       TEXT,
  response    TEXT,                               -- the first part of the response body
  PRIMARY KEY(event_seq, consumer, replay, number)
) STRICT, WITHOUT ROWID;

-- Written and emptied again while a fault lasts, to notice that the disk takes writes again.
CREATE TABLE probe(bytes BLOB NOT NULL) STRICT;
