-- held: 2 while nobody has asked for the order of a consumer's deliveries. Each task has a place of its own in this index: half of the
-- pages that a webhook dirtied were its, for consumers that want no order.
DROP INDEX delivery_task;

CREATE INDEX delivery_task ON delivery(consumer, task, updated_us, event_seq) WHERE state = 0 AND task IS NOT NULL AND held < 2;
