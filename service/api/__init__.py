"""The HTTP API: claims asked, facts read, acts written. Errors leave as RFC 9457 problems; each read has a viewer."""
