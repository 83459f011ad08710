"""Migrations in plain SQL; see `deploy.migrate`."""
