"""Step 6: what spans partitions, per cell, in one order (SEMANTICS rule 5). `deriver.py` calls the rest."""
