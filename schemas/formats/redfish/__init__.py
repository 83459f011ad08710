"""A crawled Redfish tree of any maker, read as an inventory: `tree` → `chassis`, `parts` → `drafts` → items. No I/O."""
