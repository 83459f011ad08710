"""Kafka in: poll, decode, verify, fold, write; then derive. READ `pipeline.py` FIRST."""
