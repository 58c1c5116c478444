"""Where and how the arithmetic of a fit runs."""
