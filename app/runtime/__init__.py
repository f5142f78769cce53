"""What makes it run: settings, clock, scheduler jobs, wiring and the command line."""
