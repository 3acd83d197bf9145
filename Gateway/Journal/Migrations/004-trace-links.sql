-- W3C tracestate, beside trace_parent.
ALTER TABLE event ADD COLUMN trace_state TEXT;

-- A task's webhooks are linked to the one before. Only sampled ones are in here (the lowest bit of the flags, which
-- trace_parent ends with): whoever does not trace pays nothing for it.
CREATE INDEX event_traced ON event(task, source, project) WHERE task IS NOT NULL AND trace_parent GLOB '*[13579bdf]';
