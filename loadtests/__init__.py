"""Simulated fleets, what they may be asked, benchmarks and chaos. Imports `schemas` and the Kafka client only."""
