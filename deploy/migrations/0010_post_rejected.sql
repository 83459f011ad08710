-- Nobody asks any more: it counted all dead letters at each scrape. Consumers count what they bury.

DROP FUNCTION rejected_by_reason();
