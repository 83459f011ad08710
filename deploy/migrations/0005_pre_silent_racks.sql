-- The racks of which every source is silent, as found when one of their sources fell silent or spoke again: which racks
-- a source speaks of changes meanwhile, so that nothing else tells it after a restart.
CREATE TABLE silent_rack (
    cell text NOT NULL,
    rack uuid NOT NULL,
    site text NOT NULL,
    CONSTRAINT silent_rack_pkey PRIMARY KEY (cell, rack)
);

ALTER TABLE silent_rack ENABLE ROW LEVEL SECURITY;
CREATE POLICY silent_rack_viewer ON silent_rack FOR SELECT TO holdfast_api USING (cell = ANY (viewer_cells()));
GRANT SELECT ON silent_rack TO holdfast_api;
