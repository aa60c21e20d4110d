"""The rig: clock, lines, benches, judging and reporting for charging station tests."""
