"""The pytest plugin: runs conformance cases on the chosen clock and collects their verdicts."""
