-- Keys whose updatedAt lies before this may have been forgotten. It only moves forward, whatever the clock or
-- retention.keys do later: an event from before it can no longer be told from a repeat.
CREATE TABLE forgotten(updated_at INTEGER NOT NULL) STRICT;

INSERT INTO forgotten(updated_at) VALUES(-9223372036854775808);
