"""Made echoes of rain some frames ahead, beside persistence and advection."""
