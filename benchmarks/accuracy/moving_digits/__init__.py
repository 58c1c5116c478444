"""Films of moving digits, ten frames from ten."""
