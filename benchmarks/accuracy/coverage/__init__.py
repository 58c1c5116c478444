"""Whether intervals cover what they say."""
