"""Time, tasks, bounded streams and signals: everything that runs, runs through here."""
