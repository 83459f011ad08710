-- A thing may go from one cell to another and come back: each trip has its own steps (rule 22). Nothing wrote this
-- table before, so it is empty.

ALTER TABLE same_as ADD COLUMN trip integer NOT NULL;
ALTER TABLE same_as
    DROP CONSTRAINT same_as_pkey,
    ADD CONSTRAINT same_as_pkey PRIMARY KEY (cell, asset, other_cell, other_asset, trip, state);
