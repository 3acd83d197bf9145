-- The same rows as before, told ten times as quickly: GLOB looks for the dashes, and not at every character for one of the class.
DROP INDEX event_traced;

CREATE INDEX event_traced ON event(task, source, project) WHERE task IS NOT NULL AND trace_parent GLOB '*-?[13579bdf]';
