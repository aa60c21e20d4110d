"""What conformance suites are written with: cars, settings and stimuli, and the pairs of cases around a boundary."""
