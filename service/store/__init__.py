"""Postgres: named SQL in files, one function per query. Functions here never begin or commit a transaction."""
