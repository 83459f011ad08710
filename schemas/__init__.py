"""Every shape that crosses a border: reports, formats, acts, events, answers, errors. No I/O.

`words`, `canonical`, `inventory` and `errors` use the standard library alone, since the offline
verifier carries them; the other modules may use pydantic.
"""
