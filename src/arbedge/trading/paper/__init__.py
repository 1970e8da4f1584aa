"""Trading on paper: orders that meet the recorded depth of a later moment, never the price that was shown."""
