-- Those with filters (0020) have taken their places.

DROP FUNCTION read_places(text, text, timestamptz, text, integer);
DROP FUNCTION read_sources(text, text, timestamptz, text, integer);
DROP FUNCTION read_findings(text, text, text, text, timestamptz, uuid, integer);
DROP FUNCTION read_dead_letters(text, text, timestamptz, integer, bigint, integer);
