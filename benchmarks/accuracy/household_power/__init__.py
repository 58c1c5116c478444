"""Four years of one household's power: our networks beside the naive, the simple, the published."""
