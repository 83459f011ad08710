"""The composition root: commands, settings, and the embedded servers. It alone may import everything."""
