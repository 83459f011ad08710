"""The demo: everything on one machine, a month of a site that does not exist, and the questions that matter."""
