-- Every *_at: Unix milliseconds, UTC. Every digest: 16 bytes as a uuid. Texts hold U+001A U+0030 for U+0000, which
-- PostgreSQL cannot hold, and U+001A doubled for itself.

CREATE TABLE schema_version(
  number          integer PRIMARY KEY,
  compatible_from integer NOT NULL                -- the oldest number that a gateway may know and still work on this schema
);
INSERT INTO schema_version(number, compatible_from) VALUES(1, 1);

-- A batch takes one number and counts on from it. Ids of one millisecond are in no order; these are, as far as batches are.
CREATE SEQUENCE event_seq INCREMENT BY 1024;
CREATE SEQUENCE lease_seq;

-- The uuids of version 7 begin with their millisecond: a range of them is a span of time, and a span goes by dropping it.
CREATE TABLE event(
  id               uuid     NOT NULL,
  key_digest       uuid     NOT NULL,             -- the event key, as in event_key
  key_updated_at   bigint   NOT NULL,
  seq              bigint   NOT NULL,
  received_at      bigint   NOT NULL,
  size             integer  NOT NULL,             -- of the payload, in bytes
  disposition      smallint NOT NULL,             -- 0 routed, 1 unrouted, 2 quarantined
  key_by_content   boolean  NOT NULL,
  source           text     NOT NULL,
  project          text,
  task             text,
  stage            text,
  stage_id         text,
  stage_name       text,
  updated_at       text,                          -- as written in the payload
  batches          text,                          -- JSON array; null when empty
  batch_names      text,                          -- JSON array; null when empty
  content_type     text,
  signature_header text,
  signature        text,
  trace_parent     text,                          -- W3C traceparent of the span that stored it
  trace_state      text,                          -- W3C tracestate that belongs to it
  PRIMARY KEY(id)
) PARTITION BY RANGE(id);
CREATE INDEX event_by_seq ON event(seq);
CREATE INDEX event_kept ON event(disposition, seq) WHERE disposition IN (1, 2);
-- A task's webhooks are linked to the one before. Only sampled ones are in here (the lowest bit of the flags, which
-- trace_parent ends with): whoever does not trace pays nothing for it.
CREATE INDEX event_traced ON event(task, source, seq) WHERE task IS NOT NULL AND trace_parent ~ '[13579bdf]$';

-- Apart from event, so that listing events does not read bodies.
CREATE TABLE payload(
  event_id uuid  NOT NULL,
  bytes    bytea NOT NULL,
  PRIMARY KEY(event_id)
) PARTITION BY RANGE(event_id);
-- Compressing costs more than it saves: https://www.postgresql.org/docs/current/storage-toast.html
ALTER TABLE payload ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE delivery(
  event_id        uuid     NOT NULL,
  task            uuid,                           -- of source, project and taskId; null without a taskId
  stage           uuid,                           -- the same with the stage
  owner           uuid,                           -- the gateway that leased it last
  seq             bigint   NOT NULL,              -- its event's
  updated_us      bigint   NOT NULL,              -- updatedAt in Unix microseconds; the least bigint when absent or not a time
  due_at          bigint   NOT NULL,              -- 0: never tried, before every retry
  queued_at       bigint   NOT NULL,              -- when the retry budget began
  settled_at      bigint,
  lease           bigint   NOT NULL DEFAULT 0,    -- the fence: who settles must name it
  lease_until     bigint   NOT NULL DEFAULT 0,    -- past: anybody may lease it
  replay          integer  NOT NULL,              -- 0 for the first delivery, counted up by replays
  attempts        integer  NOT NULL,
  state           smallint NOT NULL,              -- 0 pending, 1 delivered, 2 dead, 3 superseded, 4 replayed, 5 discarded
  ended_in_flight boolean  NOT NULL DEFAULT false, -- was given another state while it was leased
  consumer        text     COLLATE "C" NOT NULL,
  PRIMARY KEY(event_id, consumer, replay)
) PARTITION BY RANGE(event_id);

-- A lease changes no column of an index, so that it is written in place (HOT).
-- An empty partition has no statistics, and what is planned on it is kept: every look must be one that a single index
-- can serve. "state + 0" is never taken for "state", nor "consumer || ''" for "consumer".
CREATE INDEX delivery_due ON delivery(consumer, due_at, seq, replay) WHERE state = 0;
CREATE INDEX delivery_task ON delivery(task, updated_us, seq, replay) WHERE state + 0 = 0 AND task IS NOT NULL;
CREATE INDEX delivery_dead ON delivery(consumer, seq, replay) WHERE state = 2;
CREATE INDEX delivery_in_flight ON delivery(task) WHERE ended_in_flight;

CREATE TABLE attempt(
  event_id    uuid    NOT NULL,
  at          bigint  NOT NULL,
  duration_ms bigint  NOT NULL,
  replay      integer NOT NULL,
  number      integer NOT NULL,                   -- from 1
  status      integer,
  consumer    text    COLLATE "C" NOT NULL,
  address     text,
  error       text,
  response    text,                               -- the first part of the response body
  PRIMARY KEY(event_id, consumer, replay, number)
) PARTITION BY RANGE(event_id);

-- For ids of strange clocks, and of days for which no partition was made in time.
CREATE TABLE event_default PARTITION OF event DEFAULT;
CREATE TABLE payload_default PARTITION OF payload DEFAULT;
CREATE TABLE delivery_default PARTITION OF delivery DEFAULT;
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;

-- The partitions of the four tables above.
CREATE TABLE span(
  name      text    PRIMARY KEY,                  -- what follows the table's name and _
  starts_at bigint  NOT NULL,
  ends_at   bigint  NOT NULL,
  attached  boolean NOT NULL                      -- false: its events were in the default partitions already, and stay there
);

-- One table, because a unique key must hold the partition key. Led by a time: new keys land at the right edge.
CREATE TABLE event_key(
  updated_at bigint NOT NULL,                     -- of the payload; 0 when absent or not a time
  digest     uuid   NOT NULL,
  event_id   uuid   NOT NULL,
  seen_at    bigint NOT NULL,
  PRIMARY KEY(updated_at, digest)
) WITH (autovacuum_vacuum_cost_delay = 0);

-- Keys whose updatedAt lies before this may have been forgotten. It only moves forward.
CREATE TABLE forgotten(
  updated_at bigint NOT NULL,
  moved_at   bigint NOT NULL                      -- keys go some minutes later, when every gateway has seen it
);
INSERT INTO forgotten(updated_at, moved_at) VALUES(-9223372036854775808, 0);

-- The newest updatedAt that a consumer which skips what is superseded was given of a task at a stage.
CREATE TABLE newest(
  updated_us bigint NOT NULL,
  digest     uuid   NOT NULL,
  consumer   text   COLLATE "C" NOT NULL,
  PRIMARY KEY(consumer, digest)
) WITH (fillfactor = 80);
CREATE INDEX newest_age ON newest(updated_us);

-- Every consumer that ever had a delivery.
CREATE TABLE consumer(name text COLLATE "C" PRIMARY KEY);

CREATE TABLE lane(
  consumer   text COLLATE "C" PRIMARY KEY,
  paused_at  bigint,
  open_since bigint
);

CREATE TABLE replay(
  number      bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id          uuid     NOT NULL UNIQUE,
  owner       uuid,                               -- the gateway that carries it out
  owner_until bigint   NOT NULL DEFAULT 0,        -- past: any other may go on with it
  started_at  bigint   NOT NULL,
  last_seq    bigint   NOT NULL,                  -- what came later is not part of it
  cursor      bigint   NOT NULL,                  -- seq of the last event done
  total       bigint   NOT NULL,
  done        bigint   NOT NULL,
  skipped     bigint   NOT NULL,
  state       smallint NOT NULL,                  -- 0 running, 1 done, 2 cancelled
  terms       text     NOT NULL                   -- JSON: filter, consumers, rate
);

-- The gateways that share this journal.
CREATE TABLE replica(
  id         uuid   PRIMARY KEY,
  started_at bigint NOT NULL,
  seen_at    bigint NOT NULL,
  host       text   NOT NULL,
  revision   text   NOT NULL                      -- of its configuration
) WITH (fillfactor = 50);
